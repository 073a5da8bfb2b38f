namespace P2P.Peers.Settings;

/// <summary>Brings command line, environment, file and defaults together.</summary>
public static class PeerSettingsLoader
{
    /// <summary>Where nothing else is said.</summary>
    public static readonly Uri DefaultDirectory = new("http://localhost:5000");

    /// <param name="given">The command line's values.</param>
    /// <param name="environment">Environment variables.</param>
    /// <exception cref="SettingsException">One of them cannot be used.</exception>
    public static PeerSettings Load(GivenSettings given, IReadOnlyDictionary<string, string> environment)
    {
        string? namedFile = given.Config ?? environment.GetValueOrDefault("P2P_CONFIG");
        SettingsFile file = SettingsFile.Read(namedFile ?? DefaultFile(environment), required: namedFile is not null);
        SettingSources sources = new(environment, file);
        return new PeerSettings
        {
            Directory = ParseDirectory(given.Directory ?? sources.Find("directory")),
            User = given.User ?? sources.Find("user"),
            Password = FindPassword(given, sources),
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

    static Uri ParseDirectory(string? text)
    {
        if (text is null)
            return DefaultDirectory;
        string withScheme = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(withScheme, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            && uri is { PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? uri
            : throw new SettingsException($"The directory '{text}' is no address such as http://localhost:5000 or https://host:5000.");
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

    static string ReadPassword(string path)
    {
        try
        {
            using StreamReader reader = new(path);
            return reader.ReadLine() is { Length: > 0 } line
                ? line
                : throw new SettingsException($"The password file {path} is empty; its first line must be the password.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"The password file {path} cannot be read: {e.Message}", e);
        }
    }
}
