using Grpc.Core;

namespace P2P.Server.Calls;

/// <summary>
/// Writes to a client that may not read: a message that it leaves unread for too long resets the connection, because nothing can be told to
/// who does not read.
/// </summary>
sealed class UnreadLimit<T>(IServerStreamWriter<T> writer, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) : IDisposable
{
    static readonly WriteOptions Later = new(WriteFlags.BufferHint);
    static readonly WriteOptions Now = new();

    readonly CancellationTokenSource _unread = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

    /// <param name="message">The next message.</param>
    /// <param name="flush">Sends it, and waits while the client is slow; else it goes with the next one that is flushed.</param>
    public async Task WriteAsync(T message, bool flush)
    {
        writer.WriteOptions = flush ? Now : Later;
        using var timer = flush
            ? time.CreateTimer(static unread => ((CancellationTokenSource)unread!).Cancel(), _unread, limit, Timeout.InfiniteTimeSpan)
            : null;
        await writer.WriteAsync(message, _unread.Token).ConfigureAwait(false);
    }

    public void Dispose() => _unread.Dispose();
}
