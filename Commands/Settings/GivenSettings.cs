namespace P2P.Commands;

/// <summary>The common options as the command line has them; null for those that it leaves out.</summary>
public sealed record GivenSettings
{
    public string? Directory { get; init; }

    public string? DirectoryPrint { get; init; }

    public bool AllowPlaintext { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? Invitation { get; init; }

    public string? PasswordFile { get; init; }

    public string? Data { get; init; }

    public string? Config { get; init; }
}
