using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Calls;

namespace P2P.Server.Watching;

/// <summary>Writes to one watcher, and knows when it was last written to.</summary>
sealed class Watcher(
    EventFilter filter, IServerStreamWriter<WatchResponse> writer, WatchOptions options, TimeProvider time, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>Messages between two waits for the watcher to take them.</summary>
    const int MessagesAtOnce = 64;

    readonly UnreadLimit<WatchResponse> _writer = new(writer, TimeSpan.FromSeconds(options.UnreadSeconds), time, cancellationToken);
    long _last = time.GetTimestamp();

    /// <summary>How long until it is to be told that nothing happened.</summary>
    public TimeSpan UntilIdle => TimeSpan.FromSeconds(options.IdleSeconds) - time.GetElapsedTime(_last);

    public async Task TellAsync(LoggedEvent @event, long after)
    {
        var count = 0;
        WatchResponse? held = null;
        foreach (var message in filter.Read(@event, after))
        {
            if (held is not null)
            {
                await WriteAsync(held, ++count % MessagesAtOnce == 0).ConfigureAwait(false);
            }

            held = message;
        }

        if (held is not null)
        {
            await WriteAsync(held, flush: true).ConfigureAwait(false);
        }
    }

    public async Task IdleAsync(long sequence)
    {
        _last = time.GetTimestamp();
        if (filter.Wants(WatchKind.Idle))
        {
            var idle = new WatchResponse { Sequence = sequence, Kind = WatchKind.Idle, Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()) };
            await WriteAsync(idle, flush: true).ConfigureAwait(false);
        }
    }

    public void Dispose() => _writer.Dispose();

    async Task WriteAsync(WatchResponse message, bool flush)
    {
        await _writer.WriteAsync(message, flush).ConfigureAwait(false);
        _last = time.GetTimestamp();
    }
}
