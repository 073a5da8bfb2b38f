using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace P2P.Content;

/// <summary>
/// A peer's Catalog by plain HTTP/1.1, for the bytes of long ranges: they cost a fraction of what they cost as gRPC messages over HTTP/2.
/// Whatever it does not get it leaves to gRPC, which says precisely why.
/// </summary>
/// <param name="http">Connections to this peer and no other; the caller's to dispose.</param>
/// <param name="address">Its address.</param>
public sealed class PlainHttp(HttpMessageInvoker http, Uri address)
{
    /// <summary>Ranges shorter than this are not worth a connection of their own, in bytes.</summary>
    public const int LeastCount = 1024 * 1024;

    const int MostJson = 8 * 1024;

    static readonly MediaTypeHeaderValue Json = new("application/json");

    readonly Uri _read = new(address, "/v1/catalog:read");
    volatile bool _isOff;

    /// <summary>Asks for a range.</summary>
    /// <returns>The bytes, or a failure; neither where gRPC is to be asked instead.</returns>
    internal async Task<(IRangeBytes? Bytes, FetchFailure? Failure)> OpenAsync(
        VerifiedSource source, ContentId content, long start, long end, Silence silence)
    {
        if (_isOff || end - start < LeastCount)
            return default;
        using HttpRequestMessage request = new(HttpMethod.Post, _read)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = Question(content, start, end - start, source.Ticket),
        };
        HttpResponseMessage? response = null;
        try
        {
            response = await http.SendAsync(request, silence.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentLength == end - start)
            {
                Stream body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
                BodyBytes bytes = new(response, body, end - start, source.Options, silence, source.Time);
                response = null;
                return (bytes, null);
            }

            // A refusal is asked for again by gRPC. A server that does not know the question is not asked it again.
            _isOff = response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented
                || response.Content.Headers.ContentType?.MediaType != Json.MediaType;
        }
        catch (OperationCanceledException e)
        {
            return (null, silence.FailureOf(e));
        }
        catch (HttpRequestException e)
        {
            _isOff = e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.ResponseEnded);
        }
        finally
        {
            response?.Dispose();
        }

        return default;
    }

    static ByteArrayContent Question(ContentId content, long offset, long count, string? ticket)
    {
        ArrayBufferWriter<byte> text = new(MostJson);
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            json.WriteString("root", content.Root.ToString());
            Write("length", content.Length);
            Write("offset", offset);
            Write("count", count);
            if (ticket is not null)
                json.WriteString("ticket", ticket);
            json.WriteEndObject();

            void Write(string name, long number) => json.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
        }

        return new ByteArrayContent(text.WrittenSpan.ToArray()) { Headers = { ContentType = Json } };
    }
}
