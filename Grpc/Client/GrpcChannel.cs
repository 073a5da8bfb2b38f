using Grpc.Net.Client.Calls;

namespace Grpc.Net.Client;

/// <summary>
/// Calls to one address. Thread-safe, and made to live long: it holds the connections. Over http it speaks HTTP/2 with
/// prior knowledge.
/// </summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    readonly CancellationTokenSource _shutdown = new();
    readonly ChannelSettings _settings;
    readonly HttpSender _sender;
    int _disposed;

    GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        _settings = new ChannelSettings(address, options);
        _sender = new HttpSender(options);
    }

    /// <summary>What the channel last learned about its connections; see <see cref="ConnectAsync"/>.</summary>
    public ConnectivityState State => _settings.Connectivity.State;

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) =>
        ForAddress(new Uri(address, UriKind.Absolute), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <param name="address">http or https; its path is ignored.</param>
    /// <param name="channelOptions">Read once.</param>
    /// <exception cref="ArgumentException">The scheme is another one, or both HttpClient and HttpHandler are set.</exception>
    /// <exception cref="InvalidOperationException">The credentials do not fit the scheme, or the service config is not valid.</exception>
    /// <exception cref="NotSupportedException">The service config has a hedging policy.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return address.IsAbsoluteUri && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            ? new GrpcChannel(address, channelOptions)
            : throw new ArgumentException($"'{address}' is neither an http nor an https address.", nameof(address));
    }

    /// <exception cref="ObjectDisposedException">The channel is shut down.</exception>
    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return new ClientCallInvoker(this, _settings, _sender, _shutdown.Token);
    }

    /// <summary>
    /// Makes a connection now rather than with the first call, and tries until it succeeds: it sends an HTTP request
    /// that is no gRPC call, and any answer will do.
    /// </summary>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _shutdown.Token);
        var backoff = _settings.NewBackoff();
        while (State != ConnectivityState.Ready && !await TryConnectAsync(both.Token).ConfigureAwait(false))
        {
            await Task.Delay(backoff.Next(), _settings.TimeProvider, both.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Returns once <see cref="State"/> is another than the one observed.</summary>
    public Task WaitForStateChangedAsync(ConnectivityState lastObservedState, CancellationToken cancellationToken = default) =>
        _settings.Connectivity.WaitForChangeAsync(lastObservedState, cancellationToken);

    /// <summary>Ends running calls with CANCELLED and closes the connections.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _settings.Connectivity.Report(ConnectivityState.Shutdown);
        _shutdown.Cancel();
        _sender.Dispose();
    }

    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    internal bool IsDisposed => _disposed != 0;

    async Task<bool> TryConnectAsync(CancellationToken cancellationToken)
    {
        _settings.Connectivity.Report(ConnectivityState.Connecting);
        using var request = new HttpRequestMessage(HttpMethod.Options, _settings.Address)
        {
            Version = _settings.HttpVersion,
            VersionPolicy = _settings.HttpVersionPolicy,
        };
        try
        {
            using var response = await _sender.SendAsync(request, cancellationToken).ConfigureAwait(false);
            _settings.Connectivity.Report(ConnectivityState.Ready);
            return true;
        }
        catch (HttpRequestException exception)
        {
            _settings.Connectivity.Report(ConnectivityState.TransientFailure);
            GrpcClientLog.ConnectFailed(_settings.Log, _settings.Address, exception);
            return false;
        }
    }
}
