using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>A folder that its owner shares.</summary>
/// <param name="Label">The first component of its shared paths, unique in this peer.</param>
/// <param name="FullPath">Where it is, absolute, without a link at its end.</param>
sealed record SharedFolder(string Label, string FullPath)
{
    /// <summary>The shared path of what lies at a relative path.</summary>
    public string PathOf(string relative) => relative.Length == 0 ? Label : $"{Label}/{relative}";

    /// <summary>Gives each folder the label of its name, with `-2`, `-3` … on a clash. A folder named twice is shared once.</summary>
    /// <exception cref="DirectoryNotFoundException">One is not there; the message says which.</exception>
    public static IReadOnlyList<SharedFolder> FromPaths(IEnumerable<string> paths)
    {
        var folders = new List<SharedFolder>();
        var labels = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { SharedPath.PartialLabel };
        foreach (var path in paths.Select(Resolve).Distinct(StringComparer.Ordinal))
        {
            folders.Add(new SharedFolder(FreeLabel(NameOf(path), labels), path));
        }

        return folders;
    }

    static string Resolve(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!Directory.Exists(full))
        {
            throw new DirectoryNotFoundException(
                File.Exists(full) ? $"{full} is a file: share the folder that it is in." : $"There is no folder {full}.");
        }

        return Directory.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
    }

    static string NameOf(string path)
    {
        var name = Path.GetFileName(path);
        return SharedPath.Problem(name) is null ? name : "shared";
    }

    static string FreeLabel(string name, HashSet<string> taken)
    {
        var label = name;
        for (var number = 2; !taken.Add(label); number++)
        {
            label = $"{name}-{number}";
        }

        return label;
    }
}
