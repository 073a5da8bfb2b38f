using System.Buffers;
using Google.Protobuf;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>One message a line (NDJSON). A failure is the last line.</summary>
sealed class LineStream(JsonCallContext call, HttpBinding binding) : MessageStream(call, ContentTypes.Lines), IDisposable
{
    readonly PooledBuffer _line = new();

    public override async Task FailAsync(Google.Rpc.Status status)
    {
        _line.Clear();
        Call.Codec.WriteError(_line, status);
        if (HasBody && !Call.HttpContext.RequestAborted.IsCancellationRequested)
        {
            Send();
            await Response.BodyWriter.FlushAsync(Call.HttpContext.RequestAborted);
        }
    }

    public void Dispose() => _line.Dispose();

    protected override async Task SendAsync(IMessage message, bool flush)
    {
        _line.Clear();
        Call.Codec.Write(_line, message, binding.ResponseField, isLine: true);
        Call.RequireSendable(_line.Length);
        await BeginAsync(contentType: null);
        if (HasBody)
        {
            Send();
        }
        if (flush)
        {
            await FlushAsync();
        }
    }

    void Send()
    {
        _line.Write("\n"u8);
        Response.BodyWriter.Write(_line.Written.Span);
    }
}

/// <summary>The bytes of google.api.HttpBody messages and nothing else. A failure resets the connection: a part must not look whole.</summary>
sealed class ByteStream(JsonCallContext call, HttpBinding binding) : MessageStream(call, ContentTypes.Bytes)
{
    public override Task FailAsync(Google.Rpc.Status status)
    {
        Call.HttpContext.Abort();
        return Task.CompletedTask;
    }

    protected override async Task SendAsync(IMessage message, bool flush)
    {
        var body = HttpBodies.Of(message, binding.ResponseField);
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
