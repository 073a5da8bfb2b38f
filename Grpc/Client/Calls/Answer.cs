using System.Net;
using System.Net.Http.Headers;

namespace Grpc.Net.Client.Calls;

/// <summary>How an attempt was answered: with headers that messages follow, or with its final status.</summary>
/// <param name="Response">Null when there was none, or it said everything in its headers.</param>
/// <param name="Status">Null while messages and trailers are still to come.</param>
/// <param name="Metadata">Headers before messages, or trailers with a status.</param>
/// <param name="IsConnectFailure">Nothing was sent.</param>
sealed record Answer(HttpResponseMessage? Response, Status? Status, Metadata Metadata, bool IsConnectFailure = false)
{
    public static Answer Failure(Exception exception) =>
        new(null, Failures.ToStatus(exception), (exception as RpcException)?.Trailers ?? [], Failures.IsConnectFailure(exception));

    /// <summary>A grpc-status in the headers (Trailers-Only) wins over everything, then the HTTP status, then the content type.</summary>
    public static Answer Read(HttpResponseMessage response)
    {
        if (ReadStatus(response.Headers.NonValidated) is { } status)
        {
            return Final(response, status);
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            var code = (int)response.StatusCode;
            return Final(response, new Status(StatusMaps.FromHttpStatus(code), $"The server answered with HTTP status {code} and no gRPC status."));
        }

        return IsGrpc(response)
            ? new Answer(response, null, ReadMetadata(response.Headers.NonValidated))
            : Final(response, new Status(StatusMaps.FromHttpStatus(200), "The server's answer is not gRPC."));
    }

    /// <summary>The status after the last message; UNKNOWN when the server sent none.</summary>
    public static (bool HasStatus, Status Status, Metadata Trailers) ReadTrailers(HttpResponseMessage response)
    {
        var trailers = response.TrailingHeaders.NonValidated;
        var status = ReadStatus(trailers);
        return (
            status is not null,
            status ?? new Status(StatusMaps.FromHttpStatus(200), "The response ended without a gRPC status."),
            ReadMetadata(trailers));
    }

    /// <summary>How messages of this response are read.</summary>
    public static MessageFormat FormatOf(HttpResponseMessage response, ChannelSettings settings)
    {
        if (!response.Headers.NonValidated.TryGetValues(GrpcHeaders.Encoding, out var values) || values.ToString() is "identity")
        {
            return MessageFormat.Identity(settings.MaxReceiveMessageSize);
        }

        var encoding = values.ToString();
        return new MessageFormat(
            settings.MaxReceiveMessageSize,
            settings.Compression.GetValueOrDefault(encoding),
            new Status(StatusCode.Internal, $"The response is encoded with '{encoding}', which this client did not offer."));
    }

    static Answer Final(HttpResponseMessage response, Status status)
    {
        using (response)
        {
            return new Answer(null, status, ReadMetadata(response.Headers.NonValidated));
        }
    }

    static Status? ReadStatus(HttpHeadersNonValidated headers)
    {
        if (!headers.TryGetValues(GrpcHeaders.Status, out var status))
        {
            return null;
        }

        var message = headers.TryGetValues(GrpcHeaders.Message, out var values) ? PercentCodec.Decode(values.ToString()) : "";
        return new Status(StatusMaps.FromText(status.ToString()), message);
    }

    static Metadata ReadMetadata(HttpHeadersNonValidated headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (MetadataRules.IsStatus(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                // What is not base64 cannot be handed on, and a status must not be lost over it.
                _ = MetadataRules.TryAdd(metadata, name, value);
            }
        }

        return metadata;
    }

    static bool IsGrpc(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) && GrpcHeaders.IsGrpc(values.ToString());
}
