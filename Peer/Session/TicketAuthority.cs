using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using P2P.Content;
using P2P.Peers.Serving;

namespace P2P.Peers.Session;

/// <summary>
/// What this source knows of the directory that gives tickets: its clock, told at Login and with every Heartbeat, and the keys that it
/// signs with. Both stay when the directory goes away.
/// </summary>
sealed class TicketAuthority : ITicketKeys, IDisposable
{
    /// <summary>Least time between two calls for the keys: it is strangers' tickets that ask for them.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    readonly IDirectoryLink _link;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly DirectoryClock _clock;
    readonly SemaphoreSlim _one = new(1);
    bool _wasRead;
    long? _read;

    public TicketAuthority(IDirectoryLink link, TimeProvider time, ILogger log)
    {
        (_link, _time, _log) = (link, time, log);
        _clock = new DirectoryClock(time);
        Verifier = new TicketVerifier(_clock);
    }

    /// <summary>Verifies tickets by what is known now.</summary>
    public TicketVerifier Verifier { get; }

    /// <summary>The directory has just said what time it is; null from one that does not say it.</summary>
    public void Observe(Timestamp? directoryTime)
    {
        if (Times.Read(directoryTime) is { } now)
        {
            _clock.Observe(now);
        }
    }

    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_read is { } before && _time.GetElapsedTime(before) < Pause)
            {
                // Who waited for another's call has its answer.
                return _wasRead;
            }

            _read = _time.GetTimestamp();
            _wasRead = false;
            Verifier.Keys = await _link.KeysAsync(cancellationToken).ConfigureAwait(false);
            return _wasRead = true;
        }
        catch (RpcException error)
        {
            SessionLog.KeysNotRead(_log, error.Status.Detail);
            return false;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
