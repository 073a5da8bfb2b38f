using P2P.Content;

namespace P2P.Commands;

/// <summary>Brings command line, environment, file and defaults together.</summary>
public static class ClientSettingsLoader
{
    /// <summary>Where nothing else is said.</summary>
    public static readonly Uri DefaultDirectory = new("http://localhost:5000");

    /// <param name="given">The command line's values.</param>
    /// <param name="environment">Environment variables.</param>
    /// <exception cref="SettingsException">One of them cannot be used.</exception>
    public static ClientSettings Load(GivenSettings given, IReadOnlyDictionary<string, string> environment)
    {
        string? namedFile = given.Config ?? environment.GetValueOrDefault("P2P_CONFIG");
        SettingsFile file = SettingsFile.Read(namedFile ?? DefaultFile(environment), required: namedFile is not null);
        SettingSources sources = new(environment, file);
        string? print = ParsePrint(given.DirectoryPrint ?? sources.Find("directory-print"));
        bool allowPlaintext = given.AllowPlaintext || sources.FindFlag("allow-plaintext") == true;
        return new ClientSettings
        {
            Directory = ParseDirectory(given.Directory ?? sources.Find("directory"), print is not null, allowPlaintext),
            DirectoryPrint = print,
            KnownDirectories = Path.Combine(Path.GetDirectoryName(DefaultFile(environment))!, "known-directories"),
            AllowPlaintext = allowPlaintext,
            User = given.User ?? sources.Find("user"),
            Password = FindPassword(given, sources),
            Invitation = given.Invitation ?? (environment.GetValueOrDefault("P2P_INVITATION") is { Length: > 0 } code ? code : null),
            DataFolder = Path.GetFullPath(given.Data ?? sources.Find("data") ?? DefaultDataFolder(environment)),
            Sources = sources,
        };
    }

    /// <summary>The settings file that is read if no other is named.</summary>
    public static string DefaultFile(IReadOnlyDictionary<string, string> environment) =>
        Path.Combine(XdgFolder(environment, "XDG_CONFIG_HOME", Environment.SpecialFolder.ApplicationData), "p2p", "peer.json");

    public static string DefaultDataFolder(IReadOnlyDictionary<string, string> environment) =>
        Path.Combine(XdgFolder(environment, "XDG_DATA_HOME", Environment.SpecialFolder.LocalApplicationData), "p2p", "peer");

    // The XDG specification: relative paths in these variables are to be ignored.
    static string XdgFolder(IReadOnlyDictionary<string, string> environment, string variable, Environment.SpecialFolder otherwise) =>
        environment.GetValueOrDefault(variable) is { } folder && Path.IsPathRooted(folder)
            ? folder
            : Environment.GetFolderPath(otherwise, Environment.SpecialFolderOption.DoNotVerify);

    // Where a key is named, an address without a scheme means TLS.
    static Uri ParseDirectory(string? text, bool isPinned, bool allowPlaintext)
    {
        text ??= DefaultDirectory.Authority;
        string withScheme = text.Contains("://", StringComparison.Ordinal) ? text : (isPinned ? "https://" : "http://") + text;
        Uri address = ParseAddress(withScheme, text);
        if (isPinned && address.Scheme == "http")
            throw new SettingsException($"The print of a directory's key is looked at in TLS only: give https://{address.Authority} as its address.");
        return address.Scheme == "https" || address.IsLoopback || allowPlaintext
            ? address
            : throw new SettingsException(
                $"Calls to {address} would be without encryption, the password included: give https://{address.Authority}, "
                + "or on a closed test network add --allow-plaintext.");
    }

    static Uri ParseAddress(string withScheme, string text) =>
        Uri.TryCreate(withScheme, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
        && uri is { PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? uri
            : throw new SettingsException($"The directory '{text}' is no address such as http://localhost:5000 or https://host:5000.");

    static string? ParsePrint(string? text)
    {
        string? print = text?.Trim().Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
        return print is null || KeyPrint.IsPrint(print)
            ? print
            : throw new SettingsException($"The directory's print '{text}' is not one: it has {KeyPrint.Length} hex digits; the directory prints it at its start.");
    }

    // On each level a password itself goes before a file that holds it.
    static string? FindPassword(GivenSettings given, SettingSources sources)
    {
        if (given.Password is not null)
            return given.Password;
        if (given.PasswordFile is not null)
            return ReadPassword(given.PasswordFile);
        if (sources.Find("password") is { } password)
            return password;
        return sources.Find("password-file") is { } path ? ReadPassword(path) : null;
    }

    /// <summary>The first line of a file that holds a password.</summary>
    /// <exception cref="SettingsException">It cannot be read, or is empty.</exception>
    public static string ReadPassword(string path) => ReadSecret(path, "password");

    /// <summary>The first line of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it holds, for messages.</param>
    /// <exception cref="SettingsException">It cannot be read, or is empty.</exception>
    public static string ReadSecret(string path, string what)
    {
        try
        {
            using StreamReader reader = new(path);
            return reader.ReadLine() is { Length: > 0 } line
                ? line
                : throw new SettingsException($"The {what} file {path} is empty; its first line must be the {what}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"The {what} file {path} cannot be read: {e.Message}", e);
        }
    }
}
