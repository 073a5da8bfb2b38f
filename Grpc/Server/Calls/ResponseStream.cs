using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The response messages of a streaming call, one write at a time.</summary>
sealed class ResponseStream<TResponse>(GrpcCallContext call, Action<TResponse, SerializationContext> serializer)
    : IServerStreamWriter<TResponse>, ISerializedWriter<TResponse> where TResponse : class
{
    int _writing;
    volatile bool _complete;

    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    /// <summary>Writes and, without <see cref="WriteFlags.BufferHint"/>, flushes. Cancelling the token aborts the call.</summary>
    public Task WriteAsync(TResponse message, CancellationToken cancellationToken) => WriteAsync(message, null, cancellationToken);

    public Task WriteAsync(TResponse message, Action<TResponse, SerializationContext>? own, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_complete)
        {
            throw new InvalidOperationException("The call has ended: no more responses can be written.");
        }
        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException("The previous write has not finished: writes must not overlap.");
        }
        return cancellationToken.CanBeCanceled ? WriteOrAbortAsync(message, own, cancellationToken) : WriteCoreAsync(message, own);
    }

    /// <summary>Called when the handler has returned.</summary>
    public void Complete() => _complete = true;

    async Task WriteOrAbortAsync(
        TResponse message, Action<TResponse, SerializationContext>? own, CancellationToken cancellationToken)
    {
        // A message that was begun cannot be taken back: the call cannot go on without it.
        await using var _ = cancellationToken.UnsafeRegister(
            static call => ((GrpcCallContext)call!).HttpContext.Abort(), call);
        await WriteCoreAsync(message, own);
        cancellationToken.ThrowIfCancellationRequested();
    }

    async Task WriteCoreAsync(TResponse message, Action<TResponse, SerializationContext>? own)
    {
        try
        {
            call.CancellationToken.ThrowIfCancellationRequested();
            await call.WriteMessageAsync(message, own ?? serializer);
            if (call.WriteOptions is not { } options || (options.Flags & WriteFlags.BufferHint) == 0)
            {
                await call.HttpContext.Response.BodyWriter.FlushAsync(CancellationToken.None);
            }
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }
}
