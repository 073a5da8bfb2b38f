using P2P.Content;
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

    /// <summary>
    /// Makes the folder of a file. The folders on the way that a peer named are no links: only its user says where else files go.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its <see cref="PathOf"/>.</param>
    /// <returns>Whether it was not there: then nothing is in it.</returns>
    /// <exception cref="IOException">A link is in the way, or the disk refused.</exception>
    public static bool MakeFolder(WantedFile file, string path)
    {
        bool isNamedByUser = !path.EndsWith(Path.DirectorySeparatorChar + file.Path, StringComparison.Ordinal);
        string[] names = isNamedByUser ? [] : file.Path.Split(Path.DirectorySeparatorChar)[..^1];
        string root = isNamedByUser ? Path.GetDirectoryName(path)! : path[..^file.Path.Length];
        using FolderBelow made = FolderBelow.Make(root, names);
        return made.IsNew;
    }

    /// <summary>The file, or the folder.</summary>
    public string Place => _name is null ? _folder : Path.Combine(_folder, _name);

    public string PathOf(WantedFile file) => Path.Combine(_folder, _name ?? file.Path);
}
