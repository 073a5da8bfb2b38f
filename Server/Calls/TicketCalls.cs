using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Dialing;
using P2P.Server.Sessions;
using P2P.Server.Tickets;
using P2P.Server.Viewing;

namespace P2P.Server.Calls;

/// <summary>The calls that give permissions: a ticket is for the key that the caller's session proved, and for one source's.</summary>
sealed class TicketCalls(
    SourceListing sources, CatalogIndex index, TicketKeyring keys, TicketIssuer tickets, GivenTickets given, Viewers viewers, DialBack dialBack)
{
    /// <summary>Sources that one answer has dialled again, at the same time.</summary>
    const int MostTriedAgain = 8;

    public async Task<LocateResponse> LocateAsync(LocateRequest request, ServerCallContext context)
    {
        var session = Caller.Session(context);
        var response = sources.List(request, session?.TokenHash ?? Caller.Ip(context).ToString(), viewers.Of(session));
        await TryAgainAsync(response, context.CancellationToken).ConfigureAwait(false);
        if (session?.KeyPrint is { } print)
        {
            var content = new ContentId(ContentRoot.Parse(response.Root), response.Length);
            foreach (var source in response.Sources.Where(source => source.Source.Verified))
            {
                source.Ticket = Give(source.Source.PeerId, print, content);
            }
        }

        return response;
    }

    public RenewTicketResponse Renew(RenewTicketRequest request, Session session)
    {
        var print = session.KeyPrint ?? throw new RefusalException(ErrorReason.NotProven, "Tickets are for sessions that proved a key.");
        var content = new ContentId(ContentRoot.Parse(request.Root), request.Length);
        var source = index.Find(request.PeerId) ?? throw new RefusalException(ErrorReason.NoSuchPeer, "No live peer has that identifier.");
        // Who sends a file need not find it there; but sending is sharing.
        if (request.ForUpload)
        {
            viewers.RequireSharer(session);
            viewers.RefuseTakenDown(content.Root);
        }
        else if (viewers.Of(session).FileOf(source, content) is null)
        {
            throw new RefusalException(ErrorReason.NoSuchContent, "That peer does not share that content.");
        }

        if (!source.Identity.Verified)
        {
            throw new RefusalException(ErrorReason.NotProven, "That peer has not proved a key, and so can be given no tickets.");
        }

        var viewer = viewers.Of(session);
        return new RenewTicketResponse
        {
            Ticket = Give(source.PeerId, print, content, request.ForUpload ? session.User : null),
            ExpiresInSeconds = Ticket.MostSeconds,
            MoreTickets = { request.More.Select(more => new ContentId(ContentRoot.Parse(more.Root), more.Length)).Select(
                more => viewer.FileOf(source, more) is null ? "" : Give(source.PeerId, print, more)) },
        };
    }

    /// <summary>A source that could not be dialled may have begun to listen since.</summary>
    async Task TryAgainAsync(LocateResponse response, CancellationToken cancellationToken)
    {
        var silent = response.Sources.Select(found => found.Source).Where(source => !source.Reachable)
            .Select(source => (Source: source, Peer: index.Find(source.PeerId))).Where(found => found.Peer is not null).Take(MostTriedAgain).ToList();
        await Task.WhenAll(silent.Select(found => dialBack.RefreshAsync(found.Peer!))).WaitAsync(cancellationToken).ConfigureAwait(false);
        silent.ForEach(found => found.Source.Reachable = found.Peer!.Reachable);
    }

    string Give(string source, string print, ContentId content, string? sender = null)
    {
        given.Add(print, source);
        return tickets.Sign(source, print, content, sender);
    }

    public KeysResponse Keys() => new() { Keys = { keys.Published } };
}
