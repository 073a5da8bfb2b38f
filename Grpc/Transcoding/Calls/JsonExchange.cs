namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>How the calls of one HTTP rule are read and answered.</summary>
sealed class JsonExchange(RequestReader reader, JsonCodec codec, TimeProvider time, ILogger logger)
{
    /// <summary>The request of a call that has one.</summary>
    public async ValueTask<TRequest> ReadAsync<TRequest>(JsonCallContext call) => (TRequest)await reader.ReadAsync(call);

    /// <summary>The requests of a call that has many.</summary>
    public RequestStream<TRequest> OpenRequests<TRequest>(JsonCallContext call) where TRequest : class
    {
        if (reader.Binding.BodyIsBytes)
        {
            return new ByteRequestStream<TRequest>(call, reader);
        }
        if (!ContentTypes.HasNoBody(call.HttpContext.Request))
        {
            RequestReader.RequireJson(call, stream: true);
        }
        return new LineRequestStream<TRequest>(call, reader);
    }

    /// <summary>Where the responses of a call that has many go, in the form that method and client have.</summary>
    public JsonResponseStream<TResponse> OpenResponses<TResponse>(JsonCallContext call) where TResponse : class
    {
        call.Stream = reader.Binding.ResponseIsBytes
            ? new ByteStream(call, reader.Binding)
            : new TextStream(call, reader.Binding, ContentTypes.WantsEvents(call.HttpContext.Request), time, logger);
        return new(call, call.Stream);
    }

    /// <summary>Answers with the one response of a call, unless the call has failed.</summary>
    public async ValueTask AnswerAsync(JsonCallContext call, object? message)
    {
        if (message is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }
        if (call.Status.StatusCode == StatusCode.OK)
        {
            await (reader.Binding.ResponseIsBytes ? AnswerBytesAsync(call, (IMessage)message) : AnswerJsonAsync(call, (IMessage)message));
        }
    }

    async Task AnswerJsonAsync(JsonCallContext call, IMessage message)
    {
        using var buffer = new PooledBuffer(sizeHint: 1024);
        codec.Write(buffer, message, reader.Binding.ResponseField);
        call.RequireSendable(buffer.Length);
        await call.AnswerAsync(ContentTypes.Json, buffer.WrittenMemory);
    }

    Task AnswerBytesAsync(JsonCallContext call, IMessage message)
    {
        var body = reader.Binding.BodyOf(message);
        call.RequireSendable(body.Data.Length);
        return call.AnswerAsync(body.ContentType.Length > 0 ? body.ContentType : ContentTypes.Bytes, body.Data.Memory);
    }
}
