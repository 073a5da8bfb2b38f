namespace Grpc.Net.Client.Calls;

/// <summary>A write returns once the transport has taken the message, which is how a slow server slows its client.</summary>
sealed class RequestStreamWriter<TRequest, TResponse>(ClientCall<TRequest, TResponse> call)
    : IClientStreamWriter<TRequest>, ISerializedWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    int _writing;
    bool _completed;

    public WriteOptions? WriteOptions { get; set; } = call.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    /// <param name="message">Not null.</param>
    /// <param name="cancellationToken">Cancels the whole call: half a message cannot be taken back.</param>
    public Task WriteAsync(TRequest message, CancellationToken cancellationToken) => WriteAsync(message, null, cancellationToken);

    public async Task WriteAsync(
        TRequest message, Action<TRequest, SerializationContext>? serializer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        Enter();
        try
        {
            ThrowIfOver();
            using var registration = cancellationToken.UnsafeRegister(
                static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), call);
            await call.Outgoing.SentAsync(Add(message, serializer)).ConfigureAwait(false);
            ThrowIfOver();
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    /// <summary>Says that no message follows. A second time does nothing.</summary>
    public Task CompleteAsync()
    {
        Enter();
        _completed = true;
        call.Outgoing.Complete();
        Volatile.Write(ref _writing, 0);
        return Task.CompletedTask;
    }

    int Add(TRequest message, Action<TRequest, SerializationContext>? serializer)
    {
        try
        {
            return call.Outgoing.Add(call.Serialize(message, serializer, WriteOptions), last: false);
        }
        catch (Exception exception)
        {
            // The stream lacks a message from here on, so the call cannot go on either.
            call.Fail(exception);
            throw;
        }
    }

    void Enter()
    {
        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException("A write to this stream is still running.");
        }
    }

    void ThrowIfOver()
    {
        if (_completed)
        {
            throw new InvalidOperationException("The request stream is complete.");
        }

        if (call.ThrowIfFailed())
        {
            throw new InvalidOperationException("The call is over: the server answered without waiting for more.");
        }
    }
}
