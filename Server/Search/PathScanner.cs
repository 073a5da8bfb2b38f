using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>
/// Looks at whole paths: what a query with a slash asks for. What the query has up to its last slash lies in the folder, so that a folder
/// without it is passed over with all its files.
/// </summary>
sealed class PathScanner(INameMatcher matcher, Sweep sweep, SearchClock clock) : IFileScanner
{
    readonly byte[] _inFolder = sweep.Probe.Text;
    readonly FoldedFolder _folder = new();
    byte[] _path = [];
    int _folderLength;

    public int Next(in SegmentView view, int file, int behind, out Fit fit)
    {
        var segment = view.Segment;
        for (var run = file < behind ? segment.Folders.RunOf(file) : 0; file < behind && !clock.IsOver; run++)
        {
            var end = Math.Min(behind, segment.Folders.First(run + 1));
            clock.Look();
            for (file = Enter(segment, run) ? file : end; file < end && !clock.IsOver; file++)
            {
                clock.Look();
                var kind = view.IsAlive(file) ? Match(segment.Names.Folded(file)) : MatchKind.Unspecified;
                if (kind != MatchKind.Unspecified)
                {
                    fit = new Fit(kind, segment.Names.Start(file), segment.Names.Folded(file).Length);
                    return file;
                }
            }
        }

        fit = default;
        return behind;
    }

    /// <summary>Begins the path with a folder; false if none of its files can fit.</summary>
    bool Enter(Segment segment, int run)
    {
        var line = _folder.Line(segment.Folders.Folder(run));
        if (line.IndexOf(_inFolder) < 0)
        {
            return false;
        }

        var folder = line[1..^1];
        _folderLength = folder.Length;
        Grow(0);
        folder.CopyTo(_path);
        return true;
    }

    MatchKind Match(ReadOnlySpan<byte> name)
    {
        Grow(name.Length);
        name.CopyTo(_path.AsSpan(_folderLength));
        return matcher.Match(_path.AsSpan(0, _folderLength + name.Length));
    }

    void Grow(int more)
    {
        if (_path.Length < _folderLength + more)
        {
            Array.Resize(ref _path, 2 * (_folderLength + more));
        }
    }
}
