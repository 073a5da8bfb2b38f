using Google.Api;
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
    public abstract Task SendAsync(IMessage message, bool flush);

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

/// <summary>What a handler writes its stream to.</summary>
sealed class JsonResponseStream<TResponse>(JsonCallContext call, MessageStream stream)
    : ResponseStream<JsonCallContext, TResponse>(call), IRawWriter<TResponse> where TResponse : class
{
    int _length;
    FillBytes? _fill;

    bool IRawWriter<TResponse>.SendsOnly(int fieldNumber) =>
        stream is ByteStream && typeof(TResponse) == typeof(HttpBody) && fieldNumber == HttpBody.DataFieldNumber;

    Task IRawWriter<TResponse>.WriteAsync(TResponse message, int length, FillBytes fill, CancellationToken cancellationToken)
    {
        (_length, _fill) = (length, fill);
        return WriteAsync(message, cancellationToken);
    }

    protected override ValueTask SendAsync(TResponse message, Action<TResponse, SerializationContext>? serializer, bool flush)
    {
        var fill = _fill;
        _fill = null;
        return fill is not null && message is HttpBody body
            ? ((ByteStream)stream).SendAsync(body.ContentType, _length, fill, flush && !Call.IsHead)
            : new(stream.SendAsync((IMessage)message, flush && !Call.IsHead));
    }
}
