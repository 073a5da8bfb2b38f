using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>A response of many messages. Its form is a subclass's business.</summary>
abstract class MessageStream(JsonCallContext call, string defaultContentType)
{
    public bool HasBegun { get; private set; }

    protected JsonCallContext Call => call;

    protected HttpResponse Response => call.HttpContext.Response;

    /// <summary>Sends the headers, those that the handler set included.</summary>
    public async Task BeginAsync(string? contentType)
    {
        if (!HasBegun)
        {
            if (!call.TryBegin())
            {
                throw new OperationCanceledException("The deadline of the call has passed.", call.CancellationToken);
            }
            HasBegun = true;
            Prepare(contentType);
            OnBeginning();
            await Response.StartAsync(call.CancellationToken);
            OnBegun();
        }
    }

    /// <summary>Writes one message.</summary>
    public async Task WriteAsync(IMessage message, bool flush)
    {
        call.CancellationToken.ThrowIfCancellationRequested();
        await SendAsync(message, flush && !call.IsHead);
    }

    /// <summary>Tells of a failure after the first message.</summary>
    public abstract Task FailAsync(Google.Rpc.Status status);

    /// <summary>Returns when the stream writes nothing of its own accord any more. May be called again.</summary>
    public virtual Task QuietAsync() => Task.CompletedTask;

    /// <summary>Before the headers are sent.</summary>
    protected virtual void OnBeginning()
    {
    }

    /// <summary>After the headers were sent.</summary>
    protected virtual void OnBegun()
    {
    }

    protected abstract Task SendAsync(IMessage message, bool flush);

    /// <summary>Whether the response may have a body at all.</summary>
    protected bool HasBody => !call.IsHead && !call.HasNoContent;

    void Prepare(string? contentType)
    {
        call.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (!call.HasNoContent)
        {
            Response.ContentType ??= string.IsNullOrEmpty(contentType) ? defaultContentType : contentType;
        }
    }

    /// <summary>Sends what is in the pipe; waits while the client is slow.</summary>
    protected async Task FlushAsync()
    {
        var result = await Response.BodyWriter.FlushAsync(call.CancellationToken);
        if (result.IsCompleted)
        {
            call.HttpContext.RequestAborted.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>What a handler writes its stream to, as gRPC has it.</summary>
sealed class StreamWriter<TResponse>(MessageStream stream, JsonCallContext call) : IServerStreamWriter<TResponse> where TResponse : class
{
    int _writing;
    volatile bool _completed;

    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_completed)
        {
            throw new InvalidOperationException("The call has ended.");
        }
        if (Interlocked.Exchange(ref _writing, 1) == 1)
        {
            throw new InvalidOperationException("The write before this one has not ended.");
        }
        // Half a message cannot be taken back.
        using var aborted = cancellationToken.UnsafeRegister(static context => ((HttpContext)context!).Abort(), call.HttpContext);
        try
        {
            var isHint = call.WriteOptions is { } options && options.Flags.HasFlag(WriteFlags.BufferHint);
            await stream.WriteAsync((IMessage)message, flush: !isHint);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public void Complete() => _completed = true;
}
