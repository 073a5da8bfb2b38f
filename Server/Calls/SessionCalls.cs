using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Catalogs;
using P2P.Server.Hosting;
using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>The calls about sessions: decode, decide, encode.</summary>
sealed class SessionCalls(
    SessionDesk desk, AccountDesk accounts, LoginDecoding decoding, CatalogTable catalogs, SessionTable sessions, CatalogIndex index, DirectoryClock clock)
{
    public async Task<LoginResponse> LoginAsync(LoginRequest request, ServerCallContext context)
    {
        var source = Caller.Ip(context);
        var arrival = decoding.Decode(request, source, clock.Now);
        var welcome = await desk.LoginAsync(arrival, context.CancellationToken).ConfigureAwait(false);
        var (session, held) = (welcome.Session, welcome.Held);
        return new LoginResponse
        {
            Token = welcome.Token,
            PeerId = session.Peer?.PeerId ?? "",
            LeaseSeconds = session.LeaseSeconds,
            RenewAfterSeconds = LeaseBook.RenewAfter(session.LeaseSeconds),
            FilesAccepted = arrival.Files?.Count ?? 0,
            CatalogId = held.CatalogId,
            Sequence = held.Sequence,
            Verified = session.KeyPrint is not null,
            ServerVersion = ProgramVersion.Text,
            Reachable = session.Peer?.Reachable ?? false,
            ObservedIp = source.ToString(),
            Peer = session.Peer?.ToInfo(),
            Time = Timestamp.FromDateTimeOffset(clock.Now),
        };
    }

    public ChallengeResponse Challenge() =>
        new() { Nonce = ByteString.CopyFrom(accounts.NewNonce()), ExpiresInSeconds = KeyProofs.NonceSeconds };

    public HeartbeatResponse Heartbeat(HeartbeatRequest request, Session session)
    {
        desk.Renew(session, request.HasUploadSlotsFree ? request.UploadSlotsFree : null);
        var held = session.Peer is { } peer ? catalogs.Of(peer.PeerId) : HeldCatalog.None;
        return new HeartbeatResponse
        {
            LeaseSeconds = session.LeaseSeconds,
            RenewAfterSeconds = LeaseBook.RenewAfter(session.LeaseSeconds),
            CatalogId = held.CatalogId,
            Sequence = held.Sequence,
            Reachable = session.Peer?.Reachable ?? false,
            Time = Timestamp.FromDateTimeOffset(clock.Now),
        };
    }

    public async Task<LogoutResponse> LogoutAsync(LogoutRequest request, ServerCallContext context)
    {
        await desk.LogoutAsync(ToEnd(request, Caller.Session(context)), context.CancellationToken).ConfigureAwait(false);
        return new LogoutResponse();
    }

    public async Task<ChangePasswordResponse> ChangePasswordAsync(ChangePasswordRequest request, ServerCallContext context)
    {
        var session = Caller.RequiredSession(context);
        await accounts.ChangePasswordAsync(
            new Guess(session.User, Caller.Ip(context)), request.CurrentPassword, request.NewPassword, context.CancellationToken)
            .ConfigureAwait(false);
        await desk.EndOthersAsync(session).ConfigureAwait(false);
        return new ChangePasswordResponse();
    }

    /// <summary>With a token, one's own; without one, what declared itself at the address.</summary>
    Session ToEnd(LogoutRequest request, Session? caller)
    {
        if (request.Ip.Length == 0)
        {
            return caller ?? throw new RefusalException(ErrorReason.TokenRequired, "Logout needs a token, or ip and url.");
        }

        var there = PeerSelection.At(index, request.Ip, request.Url).Select(sessions.Of).OfType<Session>().ToList();
        return there.Find(session => caller is null ? !session.Peer!.Identity.Verified : session.User == caller.User)
            ?? (there.Count == 0
                ? throw new RefusalException(ErrorReason.NoSuchPeer, "No live peer has that address.")
                : throw new RefusalException(ErrorReason.NotYours, "The session at that address is not yours to end."));
    }
}
