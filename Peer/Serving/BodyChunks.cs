using Google.Api;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.Net.Http.Headers;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>Chunks as they are, of the one range of Read.</summary>
/// <param name="writer">The answer.</param>
/// <param name="response">The headers of a call over plain HTTP; null for a gRPC call, which has none of its own.</param>
sealed class BodyChunks(IServerStreamWriter<HttpBody> writer, HttpResponse? response) : IChunkWriter
{
    /// <summary>
    /// Bytes that are read from the file and sent at once: each time costs a turn through the server's pipe and socket, a few times what
    /// copying 64 KiB does.
    /// </summary>
    public const int Length = 1024 * 1024;

    /// <summary>
    /// The first bytes are read before the headers are sent, so that a file that cannot be read is still refused; they are copied once more.
    /// </summary>
    const int FirstLength = 64 * 1024;

    const string Bytes = "application/octet-stream";

    readonly BytesFieldWriter<HttpBody, (IServedContent Content, long Offset)> _chunks = new(
        writer, HttpBody.DataFieldNumber, static (target, from) => UnreadableException.Read(from.Content, target, from.Offset));

    readonly HttpBody _message = new() { ContentType = Bytes };

    public int MostAtFirst => response is null ? int.MaxValue : FirstLength;

    public void Begin(int number)
    {
        // There is but one.
    }

    public void Promise(IServedContent content, long offset, long count)
    {
        if (response is not null)
        {
            response.ContentLength = count;
            response.GetTypedHeaders().ETag = new EntityTagHeaderValue($"\"{content.Content}\"");
        }
    }

    public Task WriteAsync(IServedContent content, long offset, int length, bool mayWait, CancellationToken cancellationToken) =>
        _chunks.WriteAsync(_message, length, (content, offset), cancellationToken);

    public Task FailAsync(Status refusal, CancellationToken cancellationToken) => throw refusal.ToRpcException();
}
