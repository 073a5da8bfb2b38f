using P2P.Peers.Finding;

namespace P2P.Peers.Fetching;

/// <summary>Where finished files go.</summary>
public sealed class FetchTarget
{
    readonly string _folder;
    readonly string? _name;

    FetchTarget(string folder, string? name) => (_folder, _name) = (folder, name);

    /// <param name="output">The user's choice, a file or a folder; null for the current folder.</param>
    /// <param name="many">Several files may come, so it can only be a folder.</param>
    public static FetchTarget Of(string? output, bool many)
    {
        string path = Path.GetFullPath(output ?? ".");
        bool folder = output is null || many || Path.EndsInDirectorySeparator(output) || System.IO.Directory.Exists(path);
        return folder ? new FetchTarget(path, null) : new FetchTarget(Path.GetDirectoryName(path)!, Path.GetFileName(path));
    }

    public string PathOf(WantedFile file) => Path.Combine(_folder, _name ?? file.Path);
}
