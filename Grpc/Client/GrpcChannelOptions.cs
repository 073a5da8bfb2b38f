using Grpc.Net.Compression;

namespace Grpc.Net.Client;

/// <summary>Settings of a <see cref="GrpcChannel"/>, read once when the channel is made.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Null: insecure for http, TLS for https. Must fit the scheme of the address.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>The largest message sent, in bytes, before compression. Null (the default) is unlimited.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The largest message received, in bytes, after decompression. 4 MiB; null is unlimited.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Caps <see cref="RetryPolicy.MaxAttempts"/>. 5; null leaves it to the policy.</summary>
    public int? MaxRetryAttempts { get; set; } = 5;

    /// <summary>Bytes that all calls of the channel may hold to send again. 16 MiB; null is unlimited.</summary>
    public long? MaxRetryBufferSize { get; set; } = 16 * 1024 * 1024;

    /// <summary>Bytes that one call may hold to send again; beyond, it is not retried. 1 MiB; null is unlimited.</summary>
    public long? MaxRetryBufferPerCallSize { get; set; } = 1024 * 1024;

    /// <summary>Messages of response streams whose large <c>bytes</c> field is used where it was received. None.</summary>
    public BorrowedBytes BorrowedBytes { get; } = new();

    /// <summary>Null: gzip and deflate.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Null: no logs, or the factory of <see cref="ServiceProvider"/>.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Sends the calls. Not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>
    /// Sends the calls. Null: a <see cref="SocketsHttpHandler"/> that opens further connections when one has no stream
    /// left. A handler with a <see cref="SocketsHttpHandler.ConnectCallback"/> reaches Unix sockets; keep-alive pings
    /// are the handler's <see cref="SocketsHttpHandler.KeepAlivePingDelay"/>.
    /// </summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether disposing the channel disposes a handler or client given here. False.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>
    /// Whether a call that its caller cancelled or disposed throws <see cref="OperationCanceledException"/> instead of
    /// <see cref="RpcException"/>. False.
    /// </summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials are also sent in cleartext. False: they are left out on http.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Retries by method. Hedging is refused with <see cref="NotSupportedException"/>.</summary>
    public ServiceConfig? ServiceConfig { get; set; }

    /// <summary>Has no effect: this channel resolves names as HTTP does, and reads no configuration from them.</summary>
    public bool DisableResolverServiceConfig { get; set; }

    /// <summary>The first wait of <see cref="GrpcChannel.ConnectAsync"/> and of calls that wait for readiness. 1 s.</summary>
    public TimeSpan InitialReconnectBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest such wait. 120 s; null is unlimited.</summary>
    public TimeSpan? MaxReconnectBackoff { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Where the channel finds a logger factory and a <see cref="System.TimeProvider"/> that are not given.</summary>
    public IServiceProvider? ServiceProvider { get; set; }

    /// <summary>Null: HTTP/2.</summary>
    public Version? HttpVersion { get; set; }

    /// <summary>Null: exactly <see cref="HttpVersion"/>, which on http means prior knowledge.</summary>
    public HttpVersionPolicy? HttpVersionPolicy { get; set; }

    /// <summary>For calls that bring no credentials of their own.</summary>
    internal CallCredentials? DefaultCredentials { get; set; }

    internal TimeProvider? TimeProvider { get; set; }
}
