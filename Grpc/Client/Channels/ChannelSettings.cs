using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Client.Retries;
using Grpc.Net.Compression;
using Grpc.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client.Channels;

/// <summary>A snapshot of the options, checked and in the form that calls need.</summary>
sealed class ChannelSettings
{
    readonly ConcurrentDictionary<IMethod, MethodPlan> _plans = new();
    readonly Func<IMethod, MethodPlan> _createPlan;

    public ChannelSettings(Uri address, GrpcChannelOptions options)
    {
        if (options.ServiceConfig is { } config)
        {
            ServiceConfigValidator.Validate(config);
        }

        Address = address;
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        MaxRetryAttempts = options.MaxRetryAttempts ?? int.MaxValue;
        InitialReconnectBackoff = options.InitialReconnectBackoff;
        MaxReconnectBackoff = options.MaxReconnectBackoff;
        ThrowOperationCanceled = options.ThrowOperationCanceledOnCancellation;
        RetryBudget = new RetryBudget(options.MaxRetryBufferPerCallSize, options.MaxRetryBufferSize);
        RetryThrottle = options.ServiceConfig?.RetryThrottling is { } policy ? new RetryThrottle(policy) : null;
        HttpVersion = options.HttpVersion ?? System.Net.HttpVersion.Version20;
        HttpVersionPolicy = options.HttpVersionPolicy ?? System.Net.Http.HttpVersionPolicy.RequestVersionExact;
        Compression = (options.CompressionProviders ?? DefaultProviders()).ToFrozenDictionary(provider => provider.EncodingName);
        AcceptEncoding = string.Join(',', Compression.Keys.Order(StringComparer.Ordinal).Reverse().Prepend("identity"));
        BorrowedBytes = new BorrowedBytes(options.BorrowedBytes);
        TimeProvider = options.TimeProvider ?? options.ServiceProvider?.GetService<TimeProvider>() ?? TimeProvider.System;
        Log = (options.LoggerFactory ?? options.ServiceProvider?.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance)
            .CreateLogger<GrpcChannel>();
        var credentials = ReadCredentials(address, options.Credentials);
        SendsCallCredentials = credentials.IsSecure || options.UnsafeUseInsecureChannelCallCredentials;
        CallCredentials = credentials.CallCredentials;
        _createPlan = method => MethodPlan.Create(method, address, options.ServiceConfig);
    }

    public Uri Address { get; }

    public int? MaxSendMessageSize { get; }

    public int? MaxReceiveMessageSize { get; }

    public int MaxRetryAttempts { get; }

    public TimeSpan InitialReconnectBackoff { get; }

    public TimeSpan? MaxReconnectBackoff { get; }

    public bool ThrowOperationCanceled { get; }

    public RetryBudget RetryBudget { get; }

    public RetryThrottle? RetryThrottle { get; }

    public Version HttpVersion { get; }

    public HttpVersionPolicy HttpVersionPolicy { get; }

    public FrozenDictionary<string, ICompressionProvider> Compression { get; }

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public string AcceptEncoding { get; }

    public BorrowedBytes BorrowedBytes { get; }

    public TimeProvider TimeProvider { get; }

    public ILogger Log { get; }

    /// <summary>False in cleartext: credentials of calls and channel are left out.</summary>
    public bool SendsCallCredentials { get; }

    public List<AsyncAuthInterceptor> CallCredentials { get; }

    public Connectivity Connectivity { get; } = new();

    public MethodPlan PlanOf(IMethod method) => _plans.GetOrAdd(method, _createPlan);

    public Backoff NewBackoff() => new(InitialReconnectBackoff, MaxReconnectBackoff);

    static ICompressionProvider[] DefaultProviders() =>
        [new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)];

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
