using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;

namespace Grpc.Tests.Server;

/// <summary>Speaks gRPC over HTTP/2 byte by byte, so that tests see what a client library would hide.</summary>
public sealed class RawClient(Uri address) : IDisposable
{
    readonly HttpClient _http = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true })
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public static byte[] Frame(byte[] payload, byte flag = 0, uint? length = null)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public static HttpRequestMessage Request(string path, byte[] body, string contentType = "application/grpc")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        request.Headers.TE.ParseAdd("trailers");
        return request;
    }

    public Task<RawResponse> CallAsync(string method, byte[] body, params (string Name, string Value)[] headers)
    {
        var request = Request("/grpc.tests.v1.Interop/" + method, body);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return SendAsync(request);
    }

    public async Task<RawResponse> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            return new RawResponse(response.StatusCode, response.Headers, response.TrailingHeaders, response.Content.Headers, body);
        }
    }

    /// <summary>Returns when the headers have come.</summary>
    public Task<HttpResponseMessage> StreamAsync(HttpRequestMessage request, CancellationToken? cancellationToken = null) =>
        _http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, cancellationToken ?? TestContext.Current.CancellationToken);

    public void Dispose() => _http.Dispose();
}

/// <summary>A request body that stays open until the test ends it.</summary>
public sealed class OpenBody : HttpContent
{
    readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where to write, once the request is on its way.</summary>
    public Task<Stream> Stream => _stream.Task;

    public void End() => _end.TrySetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        _stream.SetResult(stream);
        await _end.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>An answer, with headers and trailers apart.</summary>
public sealed record RawResponse(
    HttpStatusCode HttpStatus, HttpResponseHeaders Headers, HttpResponseHeaders Trailers, HttpContentHeaders ContentHeaders, byte[] Body)
{
    public bool IsTrailersOnly => Headers.Contains("grpc-status");

    public StatusCode Status => (StatusCode)int.Parse(Value("grpc-status"), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The status message as it is on the wire.</summary>
    public string RawMessage => Value("grpc-message");

    public IReadOnlyList<byte[]> Messages
    {
        get
        {
            var messages = new List<byte[]>();
            for (var rest = Body.AsSpan(); rest.Length > 0;)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(rest[1..]);
                messages.Add(rest.Slice(5, length).ToArray());
                rest = rest[(5 + length)..];
            }
            return messages;
        }
    }

    string Value(string name) =>
        (Headers.TryGetValues(name, out var values) || Trailers.TryGetValues(name, out values)) ? values.Single() : "";
}
