using System.Net;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;

namespace P2P.Server.Lines;

/// <summary>Who opens a relay.</summary>
/// <param name="Session">Null for an anonymous caller.</param>
/// <param name="Ip">Where the call comes from.</param>
readonly record struct RelayCaller(Session? Session, IPAddress Ip)
{
    /// <summary>Whose places it takes.</summary>
    public string Key => Session?.User ?? AddressGroup.Of(Ip).ToString();

    public LivePeer? Peer => Session?.Peer;
}

/// <summary>
/// Brings two peers together. For the opener: 1. find the peer and its line, 2. where the opener can be dialled, have the peer dial out,
/// 3. else invite it to a meeting, 4. wait until it comes, 5. carry bytes until one of them ends it.
/// </summary>
sealed class RelayDesk(CatalogIndex index, LineRegistry lines, MeetingPlace place, DialPolicy policy, LineOptions options, TimeProvider time)
{
    static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(5);

    readonly MeetingPump _pump = new(place, options, time);

    public async Task RunAsync(MeetingEnd end, RelayCaller caller, CancellationToken cancellationToken)
    {
        var first = await Opening.ReadAsync(end.Reader, options.AnswerSeconds, time, cancellationToken).ConfigureAwait(false);
        var open = first?.Open ?? throw Opening.Violation("open", "must be the first message of a relay");
        if ((open.Id.Length > 0) == (open.PeerId.Length > 0))
        {
            throw Opening.Violation("open", "must have either id or peer_id");
        }

        await (open.Id.Length > 0 ? ComeAsync(open.Id, end, caller) : ReachAsync(open, end, caller, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>The invited end: it belongs to the meeting until that is over.</summary>
    async Task ComeAsync(string id, MeetingEnd end, RelayCaller caller)
    {
        var meeting = place.Require(id, caller.Peer);
        if (!meeting.TryCome(end))
        {
            throw new RefusalException(ErrorReason.NotYours, "The meeting has both its ends.");
        }

        if (!await meeting.Over.ConfigureAwait(false))
        {
            throw new RefusalException(ErrorReason.NoSuchPeer, "Nobody waits under that id any more.");
        }

        end.Ended.ThrowIfCancellationRequested();
    }

    async Task ReachAsync(RelayOpen open, MeetingEnd end, RelayCaller caller, CancellationToken cancellationToken)
    {
        // 1.
        var peer = index.Find(open.PeerId) ?? throw new RefusalException(ErrorReason.NoSuchPeer, "No live peer has that peer_id.");
        var line = lines.Require(peer);
        using var taken = place.TryTake(caller.Key) ?? throw Busy();
        // 2.
        if (await DialsAsync(line, open.DialToken, caller, cancellationToken).ConfigureAwait(false))
        {
            await end.Writer.WriteAsync(new RelayResponse { Dialled = new RelayDialled() }, cancellationToken).ConfigureAwait(false);
            return;
        }

        // 3.
        var meeting = place.Open(peer);
        var met = false;
        try
        {
            var invitation = new ControlRelay { Id = meeting.Id, PeerId = caller.Peer?.PeerId ?? "" };
            var answer = await line.AskAsync(meeting.Id, new ControlResponse { Relay = invitation }, cancellationToken).ConfigureAwait(false);
            // 4.
            var invited = answer.Ok ? await ComesAsync(meeting, cancellationToken).ConfigureAwait(false) : throw Absent(answer.Reason);
            met = true;
            await end.Writer.WriteAsync(Met(peer.PeerId), cancellationToken).ConfigureAwait(false);
            await invited.Writer.WriteAsync(Met(invitation.PeerId), cancellationToken).ConfigureAwait(false);
            // 5.
            await _pump.RunAsync(end, invited, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            place.Close(meeting, met);
        }
    }

    async Task<bool> DialsAsync(ControlLine line, string token, RelayCaller caller, CancellationToken cancellationToken)
    {
        if (token.Length == 0 || DialledFor(caller) is not { Reachable: true } peer || policy.Check(peer.Identity.Address) != DialRefusal.None)
        {
            return false;
        }

        var dial = new ControlDial
        {
            Id = ControlLine.NewId(),
            Address = peer.Identity.Address.HostAndPort,
            PeerId = peer.PeerId,
            Token = token,
        };
        return (await line.AskAsync(dial.Id, new ControlResponse { Dial = dial }, cancellationToken).ConfigureAwait(false)).Ok;
    }

    /// <summary>Where a caller can be dialled: a peer at its own address, a command (a reader with a key) at that of the peer with this key.</summary>
    LivePeer? DialledFor(RelayCaller caller) => caller switch
    {
        { Peer: { } peer } => peer,
        { Session: { KeyPrint: { } print } session } => index.Find(print) is { } own && own.Identity.User == session.User ? own : null,
        _ => null,
    };

    async Task<MeetingEnd> ComesAsync(Meeting meeting, CancellationToken cancellationToken)
    {
        try
        {
            return await meeting.Came.WaitAsync(TimeSpan.FromSeconds(options.AnswerSeconds), time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Absent($"It did not come within {options.AnswerSeconds} s.");
        }
    }

    static RelayResponse Met(string peerId) => new() { Met = new RelayMet { PeerId = peerId } };

    static RefusalException Absent(string reason) => new(ErrorReason.NoLiveSource, $"The peer could not be reached over a relay. {reason}");

    static RefusalException Busy() => new(ErrorReason.RelayBusy, "Too many relays are open, in all or of this caller; come back in a few seconds.")
    {
        Details = [new RetryInfo { RetryDelay = Duration.FromTimeSpan(ComeBack) }],
    };
}
