using System.Text;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.StaticFiles;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Viewing;

namespace P2P.Server.Search;

/// <summary>The bounds of a <see cref="SearchFilter"/>, made ready for many files.</summary>
sealed class HitFilter
{
    static readonly FileExtensionContentTypeProvider MediaTypes = new();

    readonly SearchFilter _filter;
    readonly bool _boundsSize;
    readonly bool _boundsTime;
    readonly Viewer _viewer;
    readonly HashSet<string>? _extensions;
    readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _extensionLookup;

    public HitFilter(SearchFilter? filter, Viewer viewer)
    {
        _viewer = viewer;
        _filter = filter ?? new SearchFilter();
        _boundsSize = _filter.HasMinSize || _filter.HasMaxSize;
        _boundsTime = _filter.ModifiedAfter is not null || _filter.ModifiedBefore is not null;
        _extensions = Wanted(_filter);
        _extensionLookup = (_extensions ?? []).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int MinSources => _filter.MinSources;

    public bool AdmitsPeer(LivePeer peer) =>
        peer.Online
        && (!_filter.HasPeerId || _filter.PeerId == peer.PeerId)
        && (!_filter.HasUser || _filter.User == peer.Identity.User);

    public bool Admits(LivePeer peer, in FileRef file) => Admits(file.Segment, file.Index) && _viewer.Sees(peer, file);

    bool Admits(Segment segment, int index)
    {
        var size = _boundsSize ? segment.Size(index) : 0;
        return (!_filter.HasMinSize || size >= _filter.MinSize)
            && (!_filter.HasMaxSize || (size >= 0 && size <= _filter.MaxSize))
            && (!_boundsTime || IsInTime(segment.Facts(index).Time))
            && (_extensions is null || HasExtension(segment.Names.Folded(index)));
    }

    bool IsInTime(Timestamp? time) => time is not null
        && (_filter.ModifiedAfter is not { } after || Compare(time, after) >= 0)
        && (_filter.ModifiedBefore is not { } before || Compare(time, before) < 0);

    /// <summary>The extension of a folded name, without the dot; empty if it has none.</summary>
    public static ReadOnlySpan<byte> Extension(ReadOnlySpan<byte> name)
    {
        var dot = name.LastIndexOf((byte)'.');
        return dot <= 0 ? [] : name[(dot + 1)..];
    }

    bool HasExtension(ReadOnlySpan<byte> name)
    {
        var extension = Extension(name);
        Span<char> text = stackalloc char[64];
        return extension.Length is > 0 and <= 64
            && _extensionLookup.Contains(text[..Encoding.UTF8.GetChars(extension, text)]);
    }

    /// <summary>Both fields speak of the extension: a file has to satisfy each that is set.</summary>
    static HashSet<string>? Wanted(SearchFilter filter)
    {
        var named = filter.Extensions.Count == 0
            ? null
            : filter.Extensions.Select(extension => Fold.Text(extension.TrimStart('.'))).ToHashSet(StringComparer.Ordinal);
        if (!filter.HasMediaType)
        {
            return named;
        }

        var ofType = MediaTypes.Mappings
            .Where(mapping => IsOfType(mapping.Value, filter.MediaType))
            .Select(mapping => mapping.Key.TrimStart('.').ToLowerInvariant())
            .ToHashSet(StringComparer.Ordinal);
        ofType.IntersectWith(named ?? ofType);
        return ofType;
    }

    static bool IsOfType(string type, string wanted) => wanted.EndsWith("/*", StringComparison.Ordinal)
        ? type.StartsWith(wanted[..^1], StringComparison.OrdinalIgnoreCase)
        : type.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    static int Compare(Timestamp one, Timestamp other)
    {
        var order = one.Seconds.CompareTo(other.Seconds);
        return order != 0 ? order : one.Nanos.CompareTo(other.Nanos);
    }
}
