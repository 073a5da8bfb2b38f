using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Calls;
using P2P.Server.Sessions;
using P2P.Server.Viewing;

namespace P2P.Server.Watching;

/// <summary>
/// Watch: 1. take a slot; 2. see that the place to go on from is still there; 3. send the headers, so that the watcher knows that nothing is
/// missed from now on; 4. tell, one change after the other, at the watcher's own pace; where there is none, wait.
/// Nothing is queued for a watcher: it holds one change at a time, and a change that fell out of the log before it was told ends the stream.
/// </summary>
sealed class WatchDesk(EventLog log, SessionTable sessions, LeaseBook leases, WatchOptions options, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<WatchDesk> logger)
{
    /// <summary>
    /// The part of what is kept by which a watcher may be behind, if it did not come with more. What is left is the time that it has to
    /// come again and go on where it was.
    /// </summary>
    const double MostLag = 0.75;

    readonly CallSlots _slots = new();

    /// <summary>Watchers now.</summary>
    public int Running => _slots.Taken;

    /// <param name="viewer">What the session may see, asked for each change.</param>
    public async Task RunAsync(
        WatchRequest request, Session session, IPAddress address, Func<Viewer> viewer, IServerStreamWriter<WatchResponse> writer, ServerCallContext context)
    {
        // 1.
        using var slot = _slots.Enter(
            Refused, ("", options.AtOnce), ($"account {session.User}", options.PerAccount), ($"address {AddressGroup.Of(address)}", options.PerAddress));
        // 2.
        var position = request.HasAfterSequence ? request.AfterSequence : log.Newest;
        var start = log.Next(position);
        if (start.IsGone)
        {
            throw new RefusalException(
                ErrorReason.SequenceGone, "Events that old are no longer kept, or they are of before a restart: list anew, then watch.");
        }

        // 3.
        await context.WriteResponseHeadersAsync([]).ConfigureAwait(false);
        // 4.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var watcher = new Watcher(new EventFilter(request, viewer), writer, options, time, ended.Token);
        try
        {
            await (request.HasAfterSequence ? Task.CompletedTask : watcher.IdleAsync(position)).ConfigureAwait(false);
            await FollowAsync(watcher, session, position, Math.Max(start.Lag, MostLag), ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The directory stops; watch again when it is back."));
        }
    }

    async Task FollowAsync(Watcher watcher, Session session, long position, double mostLag, CancellationToken cancellationToken)
    {
        while (true)
        {
            sessions.RefuseIfEnded(session);
            var (@event, isGone, lag, more) = log.Next(position);
            if (isGone || lag > mostLag)
            {
                WatchLog.CutOff(logger, session.User);
                throw Slow(position);
            }

            if (@event is not null)
            {
                await watcher.TellAsync(@event, position).ConfigureAwait(false);
                position = @event.Last;
            }

            if (watcher.UntilIdle <= TimeSpan.Zero)
            {
                KeepAlive(session);
                await watcher.IdleAsync(position).ConfigureAwait(false);
            }
            else if (@event is null)
            {
                await WaitAsync(more, watcher.UntilIdle, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A peer proves by heartbeats that it is there; of a reader, this stream is the proof.</summary>
    void KeepAlive(Session session)
    {
        if (session.Peer is null)
        {
            leases.Renew(session, session.LeaseSeconds);
        }
    }

    async Task WaitAsync(Task more, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await more.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Idle: the caller sees to it.
        }
    }

    RefusalException Refused(int limit) => limit switch
    {
        0 => RefusalException.Quota("watchers", $"The directory has at most {options.AtOnce} watchers at a time."),
        1 => RefusalException.Quota("watchers of the account", $"An account has at most {options.PerAccount} watchers at a time."),
        _ => RefusalException.Quota("watchers of the address", $"At most {options.PerAddress} watchers come from one address at a time."),
    };

    static RefusalException Slow(long position)
    {
        var sequence = position.ToString(CultureInfo.InvariantCulture);
        return new RefusalException(ErrorReason.SlowWatcher, "The watcher did not keep up: watch again, after the last sequence that came.")
        {
            Metadata = ImmutableDictionary<string, string>.Empty.Add("sequence", sequence),
        };
    }
}
