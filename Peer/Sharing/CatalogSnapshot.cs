using System.Globalization;
using System.Text;
using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>All shared files at one moment. Immutable; the look-up tables are made when first asked for.</summary>
sealed class CatalogSnapshot
{
    readonly Dictionary<string, SharedFile> _files;
    readonly Lazy<ILookup<ContentRoot, SharedFile>> _byRoot;
    readonly Lazy<ILookup<string, SharedFile>> _byName;
    readonly Lazy<FoldedFile[]> _byPath;

    /// <param name="version">Rises with every snapshot.</param>
    /// <param name="files">Shared path to file; copied.</param>
    public CatalogSnapshot(long version, IReadOnlyDictionary<string, SharedFile> files)
    {
        Version = version;
        _files = new Dictionary<string, SharedFile>(files, StringComparer.Ordinal);
        TotalLength = _files.Values.Sum(file => file.Content.Length);
        _byRoot = new(() => _files.Values.ToLookup(file => file.Content.Root));
        _byName = new(() => _files.Values.ToLookup(file => file.Name, StringComparer.Ordinal));
        _byPath = new(() => [.. _files.Values.OrderBy(file => file.Path, StringComparer.Ordinal).Select(FoldedFile.Of)]);
    }

    public static CatalogSnapshot Empty { get; } = new(0, new Dictionary<string, SharedFile>());

    public long Version { get; }

    public IReadOnlyDictionary<string, SharedFile> Files => _files;

    /// <summary>Bytes of all files.</summary>
    public long TotalLength { get; }

    /// <summary>Files with a root, of any length.</summary>
    public IEnumerable<SharedFile> WithRoot(ContentRoot root) => _byRoot.Value[root];

    /// <summary>A base name, or with a `/` a whole path.</summary>
    public IEnumerable<SharedFile> Named(string path) =>
        path.Contains('/', StringComparison.Ordinal) ? _files.TryGetValue(path, out var file) ? [file] : [] : _byName.Value[path];

    /// <summary>Files in the order of their paths whose base name (or, for a text with a `/`, whose path) holds the text.</summary>
    /// <param name="text">Compared without case and accents.</param>
    /// <param name="after">Only those behind this path; empty for all.</param>
    public IEnumerable<SharedFile> Search(string text, string after)
    {
        var wanted = Fold(text);
        var wholePath = text.Contains('/', StringComparison.Ordinal);
        return _byPath.Value
            .Skip(after.Length == 0 ? 0 : FirstBehind(after))
            .Where(entry => entry.Matches(wanted, wholePath))
            .Select(entry => entry.File);
    }

    /// <summary>A text without case and accents.</summary>
    internal static string Fold(string text)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        var folded = new StringBuilder(text.Length);
        foreach (var character in text.Normalize(NormalizationForm.FormKD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(character) != UnicodeCategory.NonSpacingMark)
            {
                folded.Append(char.ToLowerInvariant(character));
            }
        }

        return folded.ToString();
    }

    int FirstBehind(string path)
    {
        var files = _byPath.Value;
        var (low, high) = (0, files.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = string.CompareOrdinal(files[middle].File.Path, path) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    // Only the base name is kept folded; queries with a path are rare.
    readonly record struct FoldedFile(SharedFile File, string Name)
    {
        public static FoldedFile Of(SharedFile file) => new(file, Fold(file.Name));

        public bool Matches(string wanted, bool wholePath) =>
            (wholePath ? Fold(File.Path) : Name).Contains(wanted, StringComparison.Ordinal);
    }
}
