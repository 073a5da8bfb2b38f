using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;
using P2P.Peers.Session;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Peers.Lines;

/// <summary>The directory, as the daemon calls it beside the upkeep of its session: with the token that the session has now.</summary>
/// <param name="client">Its calls.</param>
/// <param name="relays">On a connection of its own, so that a relay whose other end stalls holds nothing else up.</param>
/// <param name="session">Whose token is sent.</param>
/// <param name="time">The clock.</param>
sealed class SessionCalls(DirectoryClient client, DirectoryClient relays, SessionRunner session, TimeProvider time)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public SessionState State => session.State;

    /// <summary>Called after every change of the session.</summary>
    public event Action<SessionState>? Changed
    {
        add => session.Changed += value;
        remove => session.Changed -= value;
    }

    public AsyncDuplexStreamingCall<ControlRequest, ControlResponse> Control(string token, CancellationToken cancellationToken) =>
        client.Control(new CallOptions(Authorization(token), cancellationToken: cancellationToken));

    /// <summary>A relay with the token that the session has now; it lives until it is disposed of.</summary>
    public AsyncDuplexStreamingCall<RelayRequest, RelayResponse> Relay() => relays.Relay(new CallOptions(Authorization(State.Token)));

    /// <summary>Who has a content now, this peer left out where others have it.</summary>
    /// <param name="root">Pieces root.</param>
    /// <param name="length">Null where only one is known.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RpcException">The directory does not know, or does not answer.</exception>
    public async Task<LocatedContent> LocateAsync(ContentRoot root, long? length, CancellationToken cancellationToken)
    {
        var request = new LocateRequest { Root = root.ToString() };
        if (length is { } known)
        {
            request.Length = known;
        }

        var options = new CallOptions(Authorization(State.Token), time.GetUtcNow().UtcDateTime + Patience, cancellationToken);
        var answer = await client.LocateAsync(request, options).ConfigureAwait(false);
        var others = answer.Sources.Where(source => source.Source.PeerId != State.PeerId).ToList();
        var sources = others.Count > 0 ? others : [.. answer.Sources];
        return new LocatedContent(
            new ContentId(root, answer.Length),
            sources.Count > 0 ? sources[0].Source.Path : "",
            [.. sources.Select(source => SourcePeer.Of(source.Source, source.Ticket))]);
    }

    /// <summary>A new ticket for a peer that wants one.</summary>
    public async Task<TicketAnswer> RenewTicketAsync(SourcePeer peer, ContentId content, bool forUpload, CancellationToken cancellationToken)
    {
        var request = new RenewTicketRequest
        {
            PeerId = peer.PeerId,
            Root = content.Root.ToString(),
            Length = content.Length,
            ForUpload = forUpload,
        };
        try
        {
            var options = new CallOptions(Authorization(State.Token), time.GetUtcNow().UtcDateTime + Patience, cancellationToken);
            return new TicketAnswer((await client.RenewTicketAsync(request, options).ConfigureAwait(false)).Ticket, null);
        }
        catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
        {
            return TicketAnswer.Of(error);
        }
    }

    static Metadata Authorization(string token) => new() { { "authorization", $"Bearer {token}" } };
}

/// <summary>A content, and who has it.</summary>
/// <param name="Content">Root and length.</param>
/// <param name="Path">Under which the first source shares it; empty if there is none.</param>
/// <param name="Sources">The peers.</param>
sealed record LocatedContent(ContentId Content, string Path, IReadOnlyList<SourcePeer> Sources);
