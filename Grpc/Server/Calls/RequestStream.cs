using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The request messages of a streaming call, one reader at a time.</summary>
sealed class RequestStream<TRequest>(GrpcCallContext call, Func<DeserializationContext, TRequest> deserializer)
    : IAsyncStreamReader<TRequest> where TRequest : class
{
    TRequest? _current;
    bool _ended;
    volatile bool _complete;

    public TRequest Current => _current ?? throw new InvalidOperationException("There is no current message.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_complete)
        {
            throw new InvalidOperationException("The call has ended: its requests can no longer be read.");
        }
        if (_ended)
        {
            return false;
        }
        _current = await call.ReadAsync(deserializer, cancellationToken);
        _ended = _current is null;
        return !_ended;
    }

    /// <summary>Called when the handler has returned.</summary>
    public void Complete() => _complete = true;
}
