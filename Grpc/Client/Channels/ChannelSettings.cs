using System.Collections.Concurrent;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Client.Retries;
using Grpc.Net.Compression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client.Channels;

/// <summary>A snapshot of the options, checked and in the form that calls need.</summary>
sealed class ChannelSettings(Uri address, GrpcChannelOptions options)
{
    readonly ConcurrentDictionary<IMethod, MethodPlan> _plans = new();
    readonly ServiceConfig? _config = options.ServiceConfig is { } config ? ServiceConfigValidator.Validated(config) : null;
    readonly ChannelCredentialReader _credentials = ReadCredentials(address, options.Credentials);
    readonly bool _sendsInsecurely = options.UnsafeUseInsecureChannelCallCredentials;
    string? _acceptEncoding;

    public Uri Address { get; } = address;

    public int? MaxSendMessageSize { get; } = options.MaxSendMessageSize;

    public int? MaxReceiveMessageSize { get; } = options.MaxReceiveMessageSize;

    public int MaxRetryAttempts { get; } = options.MaxRetryAttempts ?? int.MaxValue;

    public TimeSpan InitialReconnectBackoff { get; } = options.InitialReconnectBackoff;

    public TimeSpan? MaxReconnectBackoff { get; } = options.MaxReconnectBackoff;

    public bool ThrowOperationCanceled { get; } = options.ThrowOperationCanceledOnCancellation;

    public RetryBudget RetryBudget { get; } = new(options.MaxRetryBufferPerCallSize, options.MaxRetryBufferSize);

    public RetryThrottle? RetryThrottle { get; } = options.ServiceConfig?.RetryThrottling is { } policy ? new(policy) : null;

    public Version HttpVersion { get; } = options.HttpVersion ?? System.Net.HttpVersion.Version20;

    public HttpVersionPolicy HttpVersionPolicy { get; } = options.HttpVersionPolicy ?? HttpVersionPolicy.RequestVersionExact;

    public Dictionary<string, ICompressionProvider> Compression { get; } =
        (options.CompressionProviders ?? DefaultCompression.Providers).ToDictionary(provider => provider.EncodingName);

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public string AcceptEncoding => _acceptEncoding ??= string.Join(',', Compression.Keys.Order(StringComparer.Ordinal).Reverse().Prepend("identity"));

    public BorrowedBytes BorrowedBytes { get; } = new(options.BorrowedBytes);

    public TimeProvider TimeProvider { get; } =
        options.TimeProvider ?? options.ServiceProvider?.GetService<TimeProvider>() ?? TimeProvider.System;

    public ILogger Log { get; } =
        (options.LoggerFactory ?? options.ServiceProvider?.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<GrpcChannel>();

    /// <summary>False in cleartext: credentials of calls and channel are left out.</summary>
    public bool SendsCallCredentials => _credentials.IsSecure || _sendsInsecurely;

    /// <summary>The channel's own.</summary>
    public List<AsyncAuthInterceptor> CallCredentials => _credentials.CallCredentials;

    /// <summary>For calls that bring none.</summary>
    public CallCredentials? DefaultCredentials { get; } = options.DefaultCredentials;

    public Connectivity Connectivity { get; } = new();

    public MethodPlan PlanOf(IMethod method) => _plans.GetOrAdd(
        method, static (method, channel) => MethodPlan.Create(method, channel.Address, channel._config), this);

    public Backoff NewBackoff() => new(InitialReconnectBackoff, MaxReconnectBackoff);

    static ChannelCredentialReader ReadCredentials(Uri address, ChannelCredentials? credentials)
    {
        var isHttps = address.Scheme == Uri.UriSchemeHttps;
        var reader = ChannelCredentialReader.Read(
            credentials ?? (isHttps ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure));
        return reader.IsSecure == isHttps
            ? reader
            : throw new InvalidOperationException(isHttps
                ? "Insecure channel credentials do not fit an https address."
                : "Secure channel credentials need an https address.");
    }
}
