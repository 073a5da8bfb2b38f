using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer search</c>: files by name among all live peers.</summary>
sealed class SearchCommand
{
    readonly Argument<string> _text = new("TEXT") { Description = "Part of a name; words, *.glob, \"phrase\"; with a / part of a path" };
    readonly Option<int> _limit = new("--limit", "-n") { Description = "Hits to show [50]", HelpName = "N", DefaultValueFactory = _ => 50 };
    readonly Option<QueryKind> _kind = new("--kind")
    {
        Description = "How to understand TEXT: auto, exact, prefix, substring, words, glob, fuzzy [auto]",
        HelpName = "KIND",
        CustomParser = result => ParseKind(result),
    };
    readonly Option<string?> _minSize = new("--min-size") { Description = "At least this long: 4096, 64k, 1.5GiB", HelpName = "SIZE" };
    readonly Option<string?> _maxSize = new("--max-size") { Description = "At most this long", HelpName = "SIZE" };
    readonly Option<string[]> _extensions = new("--ext") { Description = "Only this extension; may be given several times", HelpName = "EXT" };
    readonly Option<string?> _mediaType = new("--type") { Description = "Only this media type: image/png, video/*", HelpName = "TYPE" };
    readonly Option<string?> _owner = new("--owner") { Description = "Only files that this account shares", HelpName = "USER" };
    readonly Option<int> _minSources = new("--min-sources") { Description = "Only files that so many peers have", HelpName = "N" };
    readonly Option<DateTimeOffset?> _after = new("--after") { Description = "Modified at or after: 2026-01-31", HelpName = "TIME" };

    public static CommandDefinition Definition { get; } = new(
        shell => new SearchCommand().Create(shell),
        "peer search beethoven",
        "peer search '*.iso' --min-size 1GiB",
        "peer search report --owner ana --json");

    Command Create(CommandShell shell)
    {
        Command command = new("search", "Find files by name among all live peers")
        {
            _text, _limit, _kind, _minSize, _maxSize, _extensions, _mediaType, _owner, _minSources, _after,
        };
        shell.Handle(command, RunAsync);
        return command;
    }

    async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        int limit = run.Value(_limit);
        if (limit < 1)
            throw new CommandException(ExitCodes.Usage, "--limit must be 1 or more.");
        SearchRequest request = new() { Archivo = run.Value(_text), Kind = run.Value(_kind), Filter = Filter(run) };
        await using DirectoryConnection directory = await DirectoryConnection.OpenAsync(run, cancellation);
        List<SearchHit> hits = [];
        SearchResponse page;
        do
        {
            request.PageSize = Math.Min(200, limit - hits.Count);
            page = await directory.Client.SearchAsync(request, directory.Soon(cancellation));
            hits.AddRange(page.Hits);
            request.PageToken = page.NextPageToken;
        }
        while (hits.Count < limit && request.PageToken.Length > 0);
        Show(run, hits, page);
        return hits.Count == 0 ? ExitCodes.NotFound : ExitCodes.Ok;
    }

    SearchFilter Filter(CommandRun run)
    {
        SearchFilter filter = new() { MinSources = run.Value(_minSources) };
        filter.Extensions.AddRange((run.Value(_extensions) ?? []).Select(e => e.TrimStart('.')));
        if (Size(run, _minSize) is { } min)
            filter.MinSize = min;
        if (Size(run, _maxSize) is { } max)
            filter.MaxSize = max;
        if (run.Value(_mediaType) is { } type)
            filter.MediaType = type;
        if (run.Value(_owner) is { } owner)
            filter.User = owner;
        if (run.Value(_after) is { } after)
            filter.ModifiedAfter = Timestamp.FromDateTimeOffset(after);
        return filter;
    }

    static void Show(CommandRun run, List<SearchHit> hits, SearchResponse last)
    {
        run.Output.Table(
            [new("NAME", Wraps: true), new("SIZE", Right: true), new("SOURCES", Right: true), new("ROOT")],
            hits.Select(h => new[]
            {
                h.Name, h.HasSize ? Quantity.Bytes(h.Size) : "?", $"{h.SourceCount}", h.HasRoot ? h.Root : "(unknown)",
            }));
        run.Output.Object(new
        {
            Hits = hits.Select(h => new
            {
                h.Name,
                Root = h.HasRoot ? h.Root : null,
                Size = h.HasSize ? h.Size : (long?)null,
                h.SourceCount,
                Time = Times.Read(h.Time),
                Match = MatchName(h.Match),
                Sources = h.Sources.Select(s => new { s.PeerId, s.User, s.Url, s.Path }),
            }),
            last.TotalCount,
            last.TotalIsExact,
            last.Truncated,
        });
        string about = last.TotalIsExact ? "" : "at least ";
        if (hits.Count < last.TotalCount)
            run.Output.Note($"{hits.Count} of {about}{last.TotalCount} hits; --limit shows more.");
        else if (hits.Count == 0)
            run.Output.Note(last.Truncated ? "Nothing found before the directory's time for a search was over. Try again, or a longer text." : "Nothing found.");
    }

    static string MatchName(MatchKind kind) => kind.ToString().ToLowerInvariant();

    static long? Size(CommandRun run, Option<string?> option)
    {
        if (run.Value(option) is not { } text)
            return null;
        return Quantity.TryParseBytes(text, out long bytes)
            ? bytes
            : throw new CommandException(ExitCodes.Usage, $"{option.Name} '{text}' is no size such as 4096, 64k or 1.5GiB.");
    }

    static QueryKind ParseKind(System.CommandLine.Parsing.ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text == "auto")
            return QueryKind.Unspecified;
        if (System.Enum.TryParse(text, ignoreCase: true, out QueryKind kind) && System.Enum.IsDefined(kind) && !char.IsDigit(text[0]))
            return kind;
        result.AddError($"'{text}' is no kind of query: auto, exact, prefix, substring, words, glob or fuzzy.");
        return default;
    }
}
