namespace P2P.Commands;

/// <summary>
/// What every command needs to know. Each value comes from the command line, else from the environment, else from the
/// settings file, else from the default named here.
/// </summary>
public sealed record ClientSettings
{
    /// <summary>The directory's address, http or https. Default http://localhost:5000. <c>P2P_DIRECTORY</c>.</summary>
    public required Uri Directory { get; init; }

    /// <summary>
    /// The print of the directory's key, 64 lowercase hex digits; null to take the key that it shows at first, and none but that
    /// from then on. <c>P2P_DIRECTORY_PRINT</c>.
    /// </summary>
    public string? DirectoryPrint { get; init; }

    /// <summary>Where the keys of directories are remembered: <c>p2p/known-directories</c> in the XDG config folder.</summary>
    public required string KnownDirectories { get; init; }

    /// <summary>Use connections without encryption beyond this machine. Default false. <c>P2P_ALLOW_PLAINTEXT</c>.</summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>The account; null for none, which open access allows. <c>P2P_USER</c>.</summary>
    public string? User { get; init; }

    /// <summary>The account's password; null when none was given. <c>P2P_PASSWORD</c> or <c>P2P_PASSWORD_FILE</c>.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// A single-use code of the directory's operator, which registers the account, or sets its new password; null for none.
    /// <c>P2P_INVITATION</c>; it is used once, so that no file holds it.
    /// </summary>
    public string? Invitation { get; init; }

    /// <summary>
    /// Where the peer keeps its key, its hashes and its lock. Default <c>p2p/peer</c> in the XDG data folder. <c>P2P_DATA</c>.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>Settings of single commands, by the same order of environment and file.</summary>
    public required SettingSources Sources { get; init; }

    /// <summary>Never shows the password.</summary>
    public override string ToString() => $"{Directory} as {User ?? "nobody"}, data in {DataFolder}";
}
