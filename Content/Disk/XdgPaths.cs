namespace P2P.Content;

/// <summary>
/// The folders of one program, by the XDG Base Directory Specification; on Windows below the user's local application data.
/// None of them is created here.
/// </summary>
/// <param name="Data">What must not be lost.</param>
/// <param name="Config">What the user edits.</param>
/// <param name="Cache">What can be computed again.</param>
/// <param name="Runtime">Sockets and locks; where the system has no such folder, a folder in <paramref name="Data"/>.</param>
public sealed record XdgPaths(string Data, string Config, string Cache, string Runtime)
{
    /// <summary>The folders of this user.</summary>
    /// <param name="program">Name of the program's own folder in each.</param>
    public static XdgPaths For(string program) => OperatingSystem.IsWindows()
        ? Below(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), program))
        : For(
            program,
            Environment.GetEnvironmentVariable,
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify));

    /// <summary>The folders that an environment asks for. The specification has relative paths ignored.</summary>
    public static XdgPaths For(string program, Func<string, string?> variable, string home)
    {
        string data = Folder("XDG_DATA_HOME") ?? Path.Combine(home, ".local", "share", program);
        return new XdgPaths(
            data,
            Folder("XDG_CONFIG_HOME") ?? Path.Combine(home, ".config", program),
            Folder("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache", program),
            Folder("XDG_RUNTIME_DIR") ?? Path.Combine(data, "run"));

        string? Folder(string name) => variable(name) is { } value && Path.IsPathRooted(value) ? Path.Combine(value, program) : null;
    }

    /// <summary>All four inside one folder, for a program that was told where to keep its data.</summary>
    public static XdgPaths Below(string folder) => new(
        Path.Combine(folder, "data"), Path.Combine(folder, "config"), Path.Combine(folder, "cache"), Path.Combine(folder, "run"));
}
