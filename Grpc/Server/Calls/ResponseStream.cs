using System.Runtime.CompilerServices;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The response messages of a streaming call, one write at a time.</summary>
abstract class ResponseStream<TCall, TResponse>(TCall call) : IServerStreamWriter<TResponse>
    where TCall : HttpCallContext where TResponse : class
{
    int _writing;
    volatile bool _complete;

    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    protected TCall Call => call;

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    /// <summary>Writes and, without <see cref="WriteFlags.BufferHint"/>, flushes. Cancelling the token aborts the call.</summary>
    public Task WriteAsync(TResponse message, CancellationToken cancellationToken) => WriteAsync(message, null, cancellationToken);

    public Task WriteAsync(TResponse message, Action<TResponse, SerializationContext>? serializer, CancellationToken cancellationToken)
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
        return cancellationToken.CanBeCanceled ? WriteOrAbortAsync(message, serializer, cancellationToken) : WriteCoreAsync(message, serializer);
    }

    /// <summary>Called when the handler has returned.</summary>
    public void Complete() => _complete = true;

    /// <summary>Sends the message, with its own serializer if it has one, as the wire format has it.</summary>
    protected abstract ValueTask SendAsync(TResponse message, Action<TResponse, SerializationContext>? serializer, bool flush);

    async Task WriteOrAbortAsync(
        TResponse message, Action<TResponse, SerializationContext>? serializer, CancellationToken cancellationToken)
    {
        // A message that was begun cannot be taken back: the call cannot go on without it.
        await using var _ = cancellationToken.UnsafeRegister(static call => ((HttpCallContext)call!).HttpContext.Abort(), call);
        await WriteCoreAsync(message, serializer);
        cancellationToken.ThrowIfCancellationRequested();
    }

    async Task WriteCoreAsync(TResponse message, Action<TResponse, SerializationContext>? serializer)
    {
        try
        {
            call.CancellationToken.ThrowIfCancellationRequested();
            await SendAsync(message, serializer, flush: call.WriteOptions is not { } options || !options.Flags.HasFlag(WriteFlags.BufferHint));
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }
}

/// <summary>Responses as gRPC frames them.</summary>
sealed class GrpcResponseStream<TResponse>(GrpcCallContext call, Action<TResponse, SerializationContext> serializer)
    : ResponseStream<GrpcCallContext, TResponse>(call), ISerializedWriter<TResponse> where TResponse : class
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask SendAsync(TResponse message, Action<TResponse, SerializationContext>? own, bool flush)
    {
        await Call.WriteMessageAsync(message, own ?? serializer);
        if (flush)
        {
            await Call.HttpContext.Response.BodyWriter.FlushAsync(CancellationToken.None);
        }
    }
}
