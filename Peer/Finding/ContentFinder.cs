using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.CommandLine;
using P2P.Peers.Dialing;
using P2P.Peers.Session;
using DirectorySearch = P2P.Contracts.DirectoryV1.SearchRequest;
using SearchPage = P2P.Contracts.DirectoryV1.SearchResponse;

namespace P2P.Peers.Finding;

/// <summary>Finds the content that a word of the command line means: a root, a root with its length, or a file's name.</summary>
sealed class ContentFinder(DirectoryConnection directory, PeerChannels channels)
{
    const int MostChoices = 20;
    const int SourcesInAHit = 8;
    const int MostSearches = 4;

    /// <exception cref="CommandException">Nothing is meant, or several things are.</exception>
    /// <exception cref="RpcException">The directory failed.</exception>
    public async Task<WantedFile> FindAsync(string word, CancellationToken cancellation)
    {
        if (ContentId.TryParse(word, out ContentId content))
            return await ByRootAsync(content.Root, content.Length, cancellation);
        return ContentRoot.TryParse(word, out ContentRoot root)
            ? await ByRootAsync(root, null, cancellation)
            : await ByNameAsync(word, peerId: null, cancellation);
    }

    /// <summary>All live sources of a content, with tickets; empty if the directory knows none.</summary>
    public async Task<IReadOnlyList<SourcePeer>> LocateAsync(ContentId content, CancellationToken cancellation)
    {
        try
        {
            return [.. (await LocateAsync(content.Root, content.Length, cancellation)).Sources.Select(s => SourcePeer.Of(s.Source, s.Ticket))];
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return [];
        }
    }

    /// <param name="name">A base name; with a slash, a whole path.</param>
    /// <param name="peerId">Only as this peer shares it; null for any peer.</param>
    /// <param name="cancellation">The caller's cancel.</param>
    public async Task<WantedFile> ByNameAsync(string name, string? peerId, CancellationToken cancellation)
    {
        DirectorySearch request = new() { Archivo = name, Kind = QueryKind.Exact, PageSize = MostChoices + 1, Filter = new SearchFilter() };
        if (peerId is not null)
            request.Filter.PeerId = peerId;
        SearchPage page = await SearchAsync(request, cancellation);
        // Exact is without regard to case and accents: who writes the name exactly means that one.
        List<SearchHit> hits = [.. page.Hits.Where(h => h.Name == SharedPath.BaseNameOf(name))];
        hits = hits.Count > 0 ? hits : [.. page.Hits];
        if (hits.Count == 0 && page.Truncated)
            throw new CommandException(ExitCodes.Unavailable, $"The directory is too busy to look for '{name}' now. Try again later.");
        if (hits.Count == 0)
            throw new CommandException(ExitCodes.NotFound, $"No live peer shares a file called '{name}'. Try 'peer search'.");
        if (hits.Where(h => h.HasRoot).DistinctBy(h => (h.Root, h.Size)).ToList() is { Count: > 0 } rooted)
            return rooted.Count == 1 ? Of(rooted[0], hits) : throw Ambiguous(name, rooted);
        return await ByDescriptionAsync(hits, cancellation);
    }

    // A search that ran out of its budget with nothing found has not said that there is nothing.
    async Task<SearchPage> SearchAsync(DirectorySearch request, CancellationToken cancellation)
    {
        for (int search = 1; ; search++)
        {
            SearchPage page = await directory.Client.SearchAsync(request, directory.Soon(cancellation));
            if (page.Hits.Count > 0 || !page.Truncated || search == MostSearches)
                return page;
            await Task.Delay(Backoff.Delay(search, Random.Shared.NextDouble()), directory.Time, cancellation);
        }
    }

    static WantedFile Of(SearchHit hit, List<SearchHit> hits)
    {
        ContentId content = new(ContentRoot.Parse(hit.Root), hit.Size);
        List<Source> sources = [.. hits.Where(h => h.HasRoot && h.Root == hit.Root).SelectMany(h => h.Sources).DistinctBy(s => s.PeerId)];
        return new WantedFile(content, NameSanitizer.Sanitize(hit.Name), [.. sources.Select(s => SourcePeer.Of(s))])
        {
            Time = Times.Read(hit.Time),
            MoreSources = hit.SourceCount >= SourcesInAHit,
        };
    }

    async Task<WantedFile> ByRootAsync(ContentRoot root, long? length, CancellationToken cancellation)
    {
        LocateResponse located = await LocateAsync(root, length, cancellation);
        if (located.Sources.Count == 0)
            throw new CommandException(ExitCodes.NotFound, $"No live peer shares {root}.");
        string name = SharedPath.BaseNameOf(located.Sources[0].Source.Path);
        SourcePeer[] sources = [.. located.Sources.Select(s => SourcePeer.Of(s.Source, s.Ticket))];
        DescribeResponse? described = await DescribeAsync(
            sources, _ => new DescribeRequest { Root = root.ToString(), Length = located.Length }, cancellation);
        return new WantedFile(new ContentId(root, located.Length), NameSanitizer.Sanitize(name.Length > 0 ? name : root.ToString()), sources)
        {
            Time = Times.Read(described?.Time),
            Executable = described?.Executable ?? false,
        };
    }

    // Peers that published names only: their own word is all that there is to go by, and the root that they give is held against them.
    async Task<WantedFile> ByDescriptionAsync(List<SearchHit> hits, CancellationToken cancellation)
    {
        List<Source> named = [.. hits.SelectMany(h => h.Sources)];
        SourcePeer[] sources = [.. named.Select(s => SourcePeer.Of(s))];
        DescribeResponse described = await DescribeAsync(sources, i => new DescribeRequest { Path = named[i].Path }, cancellation)
            ?? throw new CommandException(ExitCodes.Unavailable, $"{named.Count} peers share '{hits[0].Name}' without its root, and none of them tells it.");
        if (!ContentRoot.TryParse(described.Root, out ContentRoot root))
            throw new CommandException(ExitCodes.Damaged, $"The peer that shares '{hits[0].Name}' gives no root for it.");
        return new WantedFile(new ContentId(root, described.Length), NameSanitizer.Sanitize(hits[0].Name), sources)
        {
            Time = Times.Read(described.Time),
            Executable = described.Executable,
        };
    }

    // The first answer; null if there is none. Modification time and mode are nothing that could be verified anyway.
    async Task<DescribeResponse?> DescribeAsync(SourcePeer[] sources, Func<int, DescribeRequest> request, CancellationToken cancellation)
    {
        for (int i = 0; i < sources.Length; i++)
        {
            if (channels.Find(sources[i], out _) is not { } client)
                continue;
            DescribeRequest asked = request(i);
            if (sources[i].Ticket.Length > 0)
                asked.Ticket = sources[i].Ticket;
            try
            {
                return await client.DescribeAsync(asked, directory.Soon(cancellation));
            }
            catch (RpcException) when (!cancellation.IsCancellationRequested)
            {
                continue;
            }
        }

        return null;
    }

    async Task<LocateResponse> LocateAsync(ContentRoot root, long? length, CancellationToken cancellation)
    {
        LocateRequest request = new() { Root = root.ToString() };
        if (length is { } known)
            request.Length = known;
        return await directory.Client.LocateAsync(request, directory.Soon(cancellation));
    }

    static CommandException Ambiguous(string name, List<SearchHit> hits)
    {
        IEnumerable<string> lines = hits.Take(MostChoices).Select(h => $"  {h.Root}-{h.Size}  {Quantity.Bytes(h.Size),10}  {h.SourceCount} sources  {h.Name}");
        string more = hits.Count > MostChoices ? "\n  and more" : "";
        return new CommandException(
            ExitCodes.Ambiguous, $"'{name}' stands for several contents; name one by its root:\n{string.Join('\n', lines)}{more}");
    }
}
