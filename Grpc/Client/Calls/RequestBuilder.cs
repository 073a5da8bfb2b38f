using System.Globalization;
using System.Runtime.InteropServices;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Client.Messages;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Calls;

/// <summary>Makes the HTTP request of each attempt of a call.</summary>
/// <exception cref="InvalidOperationException">The metadata asks for an encoding that the channel does not have.</exception>
sealed class RequestBuilder(ChannelSettings settings, MethodPlan plan, IMethod method, string? host, CallOptions options)
{
    /// <summary>Not sent: names the encoding of this call's requests.</summary>
    const string RequestEncodingKey = "grpc-internal-encoding-request";

    static readonly string s_userAgent = string.Create(
        CultureInfo.InvariantCulture,
        $"grpc-dotnet-p2p/{typeof(RequestBuilder).Assembly.GetName().Version!.ToString(3)} ({RuntimeInformation.FrameworkDescription}; {RuntimeInformation.RuntimeIdentifier})");

    /// <summary>Null when requests are not compressed.</summary>
    public ICompressionProvider? Compression { get; } = FindCompression(settings, options.Headers?.GetValue(RequestEncodingKey));

    /// <param name="messages">The body.</param>
    /// <param name="remaining">Until the deadline; null without one.</param>
    /// <param name="previousAttempts">0 for the first.</param>
    /// <param name="cancellationToken">Stops credentials that take their time.</param>
    public async ValueTask<HttpRequestMessage> BuildAsync(
        OutgoingMessages messages, TimeSpan? remaining, int previousAttempts, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, plan.Uri)
        {
            Version = settings.HttpVersion,
            VersionPolicy = settings.HttpVersionPolicy,
            Content = new RequestContent(messages),
        };
        Set(request, "te", "trailers");
        Set(request, "user-agent", s_userAgent);
        Set(request, GrpcHeaders.AcceptEncoding, settings.AcceptEncoding);
        if (host is not null)
        {
            request.Headers.Host = host;
        }

        if (Compression is not null)
        {
            Set(request, GrpcHeaders.Encoding, Compression.EncodingName);
        }

        if (remaining is { } time)
        {
            Set(request, GrpcHeaders.Timeout, TimeoutCodec.Format(time));
        }

        if (previousAttempts > 0)
        {
            Set(request, "grpc-previous-rpc-attempts", previousAttempts.ToString(CultureInfo.InvariantCulture));
        }

        AddMetadata(request, options.Headers);
        await AddCredentialsAsync(request, cancellationToken).ConfigureAwait(false);
        return request;
    }

    async ValueTask AddCredentialsAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var own = options.Credentials ?? settings.DefaultCredentials;
        if (!settings.SendsCallCredentials || (settings.CallCredentials.Count == 0 && own is null))
        {
            return;
        }

        List<AsyncAuthInterceptor> interceptors = [.. settings.CallCredentials];
        if (own is not null)
        {
            CallCredentialReader.Read(own, interceptors);
        }

        var context = new AuthInterceptorContext(plan.ServiceUrl, method.Name, cancellationToken);
        foreach (var interceptor in interceptors)
        {
            var metadata = new Metadata();
            try
            {
                await interceptor(context, metadata).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not (RpcException or OperationCanceledException))
            {
                throw new RpcException(new Status(StatusCode.Unauthenticated, "The call credentials failed.", exception));
            }

            AddMetadata(request, metadata);
        }
    }

    static void AddMetadata(HttpRequestMessage request, Metadata? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        for (var index = 0; index < metadata.Count; index++)
        {
            var entry = metadata[index];
            if (MetadataRules.IsReserved(entry.Key) || entry.Key == RequestEncodingKey)
            {
                continue;
            }

            var value = MetadataRules.HeaderValue(entry);
            if (entry.IsBinary && request.Headers.NonValidated.Contains(entry.Key))
            {
                SetAgain(request, entry.Key, value);
            }
            else
            {
                Set(request, entry.Key, value);
            }
        }
    }

    /// <summary>
    /// HttpClient joins the values of a header by comma and space. The protocol allows that for binary keys, without the space, but
    /// grpcio and grpc-go do not split. Content headers are lines of their own: the second value goes there, and only from the
    /// third on are values joined.
    /// </summary>
    static void SetAgain(HttpRequestMessage request, string name, string value)
    {
        var headers = request.Content!.Headers;
        var joined = headers.NonValidated.TryGetValues(name, out var before) ? $"{before},{value}" : value;
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, joined);
    }

    static void Set(HttpRequestMessage request, string name, string value)
    {
        if (!request.Headers.TryAddWithoutValidation(name, value))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"The metadata '{name}' cannot be sent as an HTTP header."));
        }
    }

    static ICompressionProvider? FindCompression(ChannelSettings settings, string? encoding) => encoding is null or "identity"
        ? null
        : settings.Compression.GetValueOrDefault(encoding)
            ?? throw new InvalidOperationException($"The channel has no compression provider for '{encoding}'.");
}
