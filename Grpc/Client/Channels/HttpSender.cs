namespace Grpc.Net.Client.Channels;

/// <summary>The caller's client or handler, or a handler of our own, behind one call.</summary>
sealed class HttpSender : IDisposable
{
    static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(20);

    readonly HttpMessageInvoker _invoker;
    readonly bool _dispose;

    public HttpSender(GrpcChannelOptions options)
    {
        if (options.HttpClient is not null && options.HttpHandler is not null)
        {
            throw new ArgumentException("HttpClient and HttpHandler are both set; a channel uses one of them.");
        }

        var isOwn = options.HttpClient is null && options.HttpHandler is null;
        _dispose = isOwn || options.DisposeHttpClient;
        _invoker = options.HttpClient ?? new HttpMessageInvoker(options.HttpHandler ?? CreateHandler(), _dispose);
    }

    /// <summary>Returns as soon as the response's headers are there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : _invoker.SendAsync(request, cancellationToken);

    public void Dispose()
    {
        if (_dispose)
        {
            _invoker.Dispose();
        }
    }

    /// <summary>Of what HTTP offers, gRPC wants no redirects and no cookies, and more streams than one connection has.</summary>
    internal static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        ConnectTimeout = s_connectTimeout,
        EnableMultipleHttp2Connections = true,
        UseCookies = false,
    };
}
