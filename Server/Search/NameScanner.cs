using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>
/// Looks at base names, where a sweep's probe occurs. It finds its way by the line feeds around names: the table of where they begin lies
/// elsewhere in memory, and would have to be waited for.
/// </summary>
sealed class NameScanner(INameMatcher matcher, Sweep sweep, SearchClock clock) : IFileScanner
{
    const byte Line = (byte)'\n';

    readonly Probe _probe = sweep.Probe;
    // Without a probe every name is looked at: it begins behind the line feed, as one does that the probe begins with.
    readonly int _intoName = sweep.Probe.Text is [] or [Line, ..] ? 1 : 0;
    Segment? _segment;
    int _file;
    int _before;

    public int Next(in SegmentView view, int file, int behind, out Fit fit)
    {
        var names = view.Segment.Names;
        var before = file >= behind ? 0 : ReferenceEquals(view.Segment, _segment) && file == _file ? _before : names.Start(file) - 1;
        var text = names.Text[..names.Start(behind)];
        while (file < behind && !clock.IsOver)
        {
            var found = _probe.Next(text, before);
            if (found < 0)
            {
                break;
            }

            clock.Look();
            var at = found + _intoName;
            var start = before + text[before..at].LastIndexOf(Line) + 1;
            var end = at + text[at..].IndexOf(Line);
            file += text[(before + 1)..start].Count(Line);
            before = end;
            var kind = matcher.Match(text[start..end]);
            if (kind != MatchKind.Unspecified && (sweep.Kind == MatchKind.Unspecified || sweep.Kind == kind) && view.IsAlive(file))
            {
                (_segment, _file, _before) = (view.Segment, file + 1, end);
                fit = new Fit(kind, start, end - start);
                return file;
            }

            file++;
        }

        fit = default;
        return behind;
    }
}
