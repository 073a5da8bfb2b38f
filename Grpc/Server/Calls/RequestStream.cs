namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The request messages of a streaming call, read one at a time: what is not asked for waits at the client.</summary>
abstract class RequestStream<TRequest> : IAsyncStreamReader<TRequest> where TRequest : class
{
    TRequest? _current;
    int _reading;
    bool _ended;
    volatile bool _complete;

    public TRequest Current => _current ?? throw new InvalidOperationException("There is no current message.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_complete)
        {
            throw new InvalidOperationException("The call has ended: its requests can no longer be read.");
        }
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("The previous read has not finished: reads must not overlap.");
        }
        try
        {
            _current = _ended ? null : await ReadAsync(cancellationToken);
            _ended = _current is null;
            return !_ended;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    /// <summary>Called when the handler has returned.</summary>
    public void Complete() => _complete = true;

    /// <summary>The next message, or null at the end.</summary>
    protected abstract ValueTask<TRequest?> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>Requests as gRPC frames them.</summary>
sealed class GrpcRequestStream<TRequest>(GrpcCallContext call, Func<DeserializationContext, TRequest> deserializer)
    : RequestStream<TRequest> where TRequest : class
{
    protected override ValueTask<TRequest?> ReadAsync(CancellationToken cancellationToken) => call.ReadAsync(deserializer, cancellationToken);
}
