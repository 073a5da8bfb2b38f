using P2P.Content;
using P2P.Peers.Sharing;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>Files with one content, or why there are none.</summary>
readonly record struct Found(IReadOnlyList<SharedFile> Files, Status? Refusal)
{
    public static Found Refuse(Status refusal) => new([], refusal);
}

/// <summary>Finds what requests name.</summary>
sealed class ContentLookup(CatalogState state)
{
    const int MostNamed = 20;

    /// <summary>By root, with its length where it is given.</summary>
    public Found ByRoot(string root, long? length)
    {
        List<SharedFile> files =
            [.. state.Current.WithRoot(ContentRoot.Parse(root)).Where(file => IsWhole(file) && (length is null || file.Content.Length == length))];
        if (files.Count == 1)
        {
            return new Found(files, null);
        }

        List<long> lengths = [.. files.Select(file => file.Content.Length).Distinct().Order()];
        return lengths.Count switch
        {
            0 => Found.Refuse(CatalogRefusal.NoSuchContent),
            1 => new Found(files, null),
            _ => Found.Refuse(CatalogRefusal.AmbiguousContent(lengths.Take(MostNamed))),
        };
    }

    // What there is a part of is found elsewhere, and what stands for a folder has no bytes to serve.
    static bool IsWhole(SharedFile file) => !SharedPath.IsPartial(file.Path) && !SharedPath.IsEmptyFolder(file.Path);

    /// <summary>By base name, or with a `/` by whole path.</summary>
    public Found ByPath(string path)
    {
        List<SharedFile> files = [.. state.Current.Named(path).Where(IsWhole)];
        List<ContentId> contents = [.. files.Select(file => file.Content).Distinct()];
        return contents.Count switch
        {
            0 => Found.Refuse(CatalogRefusal.NoSuchContent),
            1 => new Found(files, null),
            _ => Found.Refuse(CatalogRefusal.AmbiguousName(contents.Take(MostNamed).Select(content => content.Root.ToString()))),
        };
    }
}
