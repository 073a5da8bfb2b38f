namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>The bytes of google.api.HttpBody messages and nothing else. A failure resets the connection: a part must not look whole.</summary>
sealed class ByteStream(JsonCallContext call, HttpBinding binding) : MessageStream(call, ContentTypes.Bytes)
{
    public override Task FailAsync(Google.Rpc.Status status)
    {
        Call.HttpContext.Abort();
        return Task.CompletedTask;
    }

    public override async Task SendAsync(IMessage message, bool flush)
    {
        var body = binding.BodyOf(message);
        Call.RequireSendable(body.Data.Length);
        await BeginAsync(body.ContentType);
        if (!HasBody)
        {
            return;
        }
        Response.BodyWriter.Write(body.Data.Span);
        if (flush)
        {
            await FlushAsync();
        }
    }
}
