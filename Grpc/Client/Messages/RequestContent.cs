using System.Net;
using System.Net.Http.Headers;

namespace Grpc.Net.Client.Messages;

/// <summary>The body of one attempt.</summary>
sealed class RequestContent : HttpContent
{
    static readonly MediaTypeHeaderValue s_contentType = new("application/grpc");

    readonly OutgoingMessages _messages;

    public RequestContent(OutgoingMessages messages)
    {
        _messages = messages;
        Headers.ContentType = s_contentType;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        _messages.SendAsync(stream, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _messages.SendAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
