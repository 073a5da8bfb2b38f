namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>The bytes of google.api.HttpBody messages and nothing else. A failure resets the connection: a part must not look whole.</summary>
sealed class ByteStream(JsonCallContext call, HttpBinding binding) : MessageStream(call, ContentTypes.Bytes)
{
    public override Task FailAsync(Google.Rpc.Status status)
    {
        Call.HttpContext.Abort();
        return Task.CompletedTask;
    }

    /// <summary>Sends bytes that are filled in where they are sent from.</summary>
    public async ValueTask SendAsync(string contentType, int length, FillBytes fill, bool flush)
    {
        Call.RequireSendable(length);
        if (!HasBegun)
        {
            // Until the headers are sent a failure can still be told as one: these bytes come from beside.
            using var first = new PooledBuffer(length);
            fill(first.GetSpan(length)[..length]);
            first.Advance(length);
            await BeginAsync(contentType);
            if (HasBody)
            {
                Response.BodyWriter.Write(first.WrittenSpan);
            }
        }
        else if (HasBody && length > 0)
        {
            fill(Response.BodyWriter.GetSpan(length)[..length]);
            Response.BodyWriter.Advance(length);
        }
        if (HasBody && flush)
        {
            await FlushAsync();
        }
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
