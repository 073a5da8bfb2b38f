using P2P.Content;

namespace P2P.Peers.Lines;

/// <summary>Where a fetched file goes.</summary>
/// <param name="Path">Full path; null if it cannot go there.</param>
/// <param name="Problem">Why not, in a sentence.</param>
readonly record struct DownloadPlace(string? Path, string Problem);

/// <summary>The folder below which everything stays that others make this peer fetch.</summary>
sealed class DownloadFolder(string folder)
{
    public string FullPath { get; } = System.IO.Path.GetFullPath(folder);

    /// <summary>A place for a file: every component sanitised, and none of them a link that leads elsewhere.</summary>
    /// <param name="path">As it was asked for, or as a source shares it.</param>
    public DownloadPlace Place(string path)
    {
        if (!SharedPath.TryParse(path, out var wanted))
        {
            return new DownloadPlace(null, SharedPath.Problem(path)!);
        }

        // A link in the folder is its owner's, who has this machine follow it; whoever asks from elsewhere is not followed there.
        var at = FullPath;
        foreach (var component in wanted!.Components)
        {
            at = System.IO.Path.Combine(at, NameSanitizer.Sanitize(component));
            if (new FileInfo(at).LinkTarget is not null)
            {
                return new DownloadPlace(null, "The path leads over a symbolic link.");
            }
        }

        return new DownloadPlace(at, "");
    }

    /// <summary>A place as others may know it.</summary>
    public string Relative(string place) =>
        System.IO.Path.GetRelativePath(FullPath, place).Replace(System.IO.Path.DirectorySeparatorChar, '/');
}
