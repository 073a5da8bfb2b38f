using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Finding;

namespace P2P.Peers.Lines;

/// <summary>One content that is fetched because the directory said so: 1. who has it, 2. where it goes, 3. fetch, 4. what to say.</summary>
sealed class RemoteFetch(SessionCalls directory, PeerChannels channels, DownloadFolder downloads, IPartSharing sharing, TimeProvider time)
{
    readonly FetchOptions _options = new();

    /// <returns>The last message about it: DONE or FAILED.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; the part stays.</exception>
    /// <exception cref="RpcException">It was cancelled while the directory was asked.</exception>
    public async Task<FetchResponse> RunAsync(FetchRequest request, FetchMeter meter, PauseGate? gate, CancellationToken cancellationToken)
    {
        if (!ContentRoot.TryParse(request.Root, out var root))
        {
            return Failed("The root is none.");
        }

        try
        {
            // 1.
            var located = await directory.LocateAsync(root, request.HasLength ? request.Length : null, cancellationToken).ConfigureAwait(false);
            // 2.
            var place = downloads.Place(request.HasPath ? request.Path : NameOf(located));
            if (place.Path is not { } target)
            {
                return Failed(place.Problem);
            }

            // 3.
            var wanted = await WantedAsync(located, target, cancellationToken).ConfigureAwait(false);
            var fetcher = new FileFetcher(channels, LocateAgainAsync, meter, new SourceBans(), _options with { Gate = gate }, sharing, time);
            var result = await fetcher.FetchAsync(wanted, target, syncFolder: true, cancellationToken).ConfigureAwait(false);
            // 4.
            return Outcome(result, meter);
        }
        catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed($"The directory: {error.Status.Detail}");
        }
    }

    static string NameOf(LocatedContent located)
    {
        var name = SharedPath.BaseNameOf(located.Path);
        return name.Length > 0 ? name : located.Content.Root.ToString();
    }

    // Modification time and mode are nothing that could be verified: the first source's word, if it gives it.
    async Task<WantedFile> WantedAsync(LocatedContent located, string target, CancellationToken cancellationToken)
    {
        var wanted = new WantedFile(located.Content, System.IO.Path.GetFileName(target), located.Sources) { MoreSources = true };
        if (located.Sources.Count == 0 || channels.Find(located.Sources[0], out _) is not { } client)
        {
            return wanted;
        }

        var ticket = located.Sources[0].Ticket;
        var source = new VerifiedSource(client, ticket.Length > 0 ? ticket : null, _options.Source, time);
        var (described, _) = await source.DescribeAsync(located.Path, cancellationToken).ConfigureAwait(false);
        return described?.Content == located.Content ? wanted with { Time = described.Modified, Executable = described.Executable } : wanted;
    }

    async Task<IReadOnlyList<SourcePeer>> LocateAgainAsync(ContentId content, CancellationToken cancellationToken)
    {
        try
        {
            return (await directory.LocateAsync(content.Root, content.Length, cancellationToken).ConfigureAwait(false)).Sources;
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            // A directory that is away, or knows nobody, does not end a transfer: the sources that are known may come back.
            return [];
        }
    }

    FetchResponse Outcome(FileResult result, FetchMeter meter)
    {
        var path = downloads.Relative(result.Target);
        return result.Problem switch
        {
            null => new FetchResponse
            {
                State = Contracts.DirectoryV1.TransferState.Done,
                BytesDone = meter.Done,
                BytesTotal = meter.Total,
                Sources = result.Sources.Count(source => source.Bytes > 0),
                Path = path,
            },
            { Kind: FetchProblemKind.NameTaken } => Failed($"{path} is another file already, and was left alone."),
            var problem => Failed(problem.Message.Replace(result.Target, path, StringComparison.Ordinal)),
        };
    }

    static FetchResponse Failed(string reason) => new() { State = Contracts.DirectoryV1.TransferState.Failed, Reason = reason };
}
