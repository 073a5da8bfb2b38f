namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// What every call over HTTP has, whatever its wire format: metadata, peer, deadline, cancellation, status. A wire format derives
/// its own context, starts the deadline, and sends <see cref="ServerCallContext.Status"/> at the end.
/// </summary>
abstract class HttpCallContext(HttpContext httpContext, IMethod method, MethodOptions options, TimeProvider time, ILogger logger)
    : ServerCallContext, IServerCallContextFeature, IDisposable
{
    Metadata? _requestHeaders;
    Metadata? _responseTrailers;
    AuthContext? _authContext;
    CallDeadline? _deadline;

    public HttpContext HttpContext => httpContext;

    public MethodOptions Options => options;

    public bool HasResponseTrailers => _responseTrailers is { Count: > 0 };

    public bool IsDeadlineExceeded => _deadline is { IsExpired: true };

    ServerCallContext IServerCallContextFeature.ServerCallContext => this;

    protected TimeProvider Time => time;

    protected ILogger Logger => logger;

    /// <summary>For waits that the server itself ends when the client goes away: only the deadline cancels them.</summary>
    protected CancellationToken WaitToken => _deadline?.Token ?? default;

    /// <summary>What a <c>-bin</c> header that is not base64 means.</summary>
    protected virtual StatusCode BrokenMetadata => StatusCode.Internal;

    protected override string MethodCore => method.FullName;

    protected override string HostCore => httpContext.Request.Host.Value ?? "";

    protected override string PeerCore => PeerName.Of(httpContext.Connection);

    protected override DateTime DeadlineCore => _deadline?.At ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override CancellationToken CancellationTokenCore => _deadline?.Token ?? httpContext.RequestAborted;

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerIdentity.Of(httpContext.Connection);

    protected override IDictionary<object, object> UserStateCore => httpContext.Items!;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Context propagation tokens are not supported: pass Deadline and CancellationToken on.");

    /// <summary>Starts the deadline.</summary>
    protected void StartDeadline(TimeSpan timeout)
    {
        _deadline = new CallDeadline(this, time, timeout);
        _deadline.Start(timeout);
    }

    /// <summary>The deadline has passed; the token is cancelled next.</summary>
    public void OnExpired() => GrpcServerLog.DeadlineExceeded(logger, MethodCore);

    /// <summary>What the application registered with the token threw.</summary>
    public void OnExpiredThrew(Exception exception) => GrpcServerLog.HandlerThrew(logger, MethodCore, exception);

    /// <summary>The handler goes on past the deadline: its call ends without it.</summary>
    public abstract void OnOverdue();

    /// <summary>Reads what the protocol says in the request's headers, and starts the deadline.</summary>
    public abstract void Start();

    /// <summary>Sends what is left to send, the status at least, unless <see cref="OnOverdue"/> did.</summary>
    public abstract Task EndAsync();

    /// <summary>Stops the deadline.</summary>
    public void Dispose() => _deadline?.Dispose();

    /// <summary>Makes the status of the call what an exception means. Logs those that nobody expected.</summary>
    public void Fail(Exception exception)
    {
        exception = Refine(exception);
        if (exception is RpcException rpc)
        {
            GrpcServerLog.RpcFailed(logger, MethodCore, rpc.StatusCode, rpc.Status.Detail);
            CopyTrailers(rpc.Trailers);
        }
        StatusCore = CallFailure.ToStatus(exception, this, logger);
    }

    /// <summary>What the wire format knows better than the exception.</summary>
    protected virtual Exception Refine(Exception exception) => exception;

    void CopyTrailers(Metadata trailers)
    {
        foreach (var entry in trailers)
        {
            ResponseTrailersCore.Add(entry);
        }
    }

    Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in httpContext.Request.Headers)
        {
            foreach (var value in values)
            {
                if (!MetadataRules.TryAdd(metadata, name, value ?? ""))
                {
                    throw new RpcException(new Status(BrokenMetadata, $"The metadata value of '{name}' is not base64."));
                }
            }
        }
        return metadata;
    }
}
