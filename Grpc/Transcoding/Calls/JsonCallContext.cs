using Microsoft.AspNetCore.Http.Features;
using MethodOptions = Grpc.AspNetCore.Server.MethodOptions;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>
/// One call by JSON over HTTP. Who answers is settled once: the handler's side, or the timer of a deadline that the handler goes on
/// beyond, which then sends 504 and leaves the handler to notice its token.
/// </summary>
sealed class JsonCallContext(HttpContext httpContext, IMethod method, MethodOptions options, TimeProvider time, JsonCodec codec, ILogger logger)
    : HttpCallContext(httpContext, method, options, time, logger)
{
    static readonly string[] s_framing = ["connection", "content-length", "keep-alive", "proxy-connection", "trailer", "transfer-encoding", "upgrade"];

    // Held while the timer takes the answer on. Else: it begins, the handler returns and finds the answer begun but not what to
    // wait for, the request ends, and the answer goes into whatever request has the context next.
    readonly Lock _expiry = new();

    int _begun;
    int? _httpStatus;
    Task _deadlineAnswer = Task.CompletedTask;

    public JsonCodec Codec => codec;

    /// <summary>What the path gives to the template's variables.</summary>
    public string[] RouteValues { get; } = httpContext.Features.GetRequiredFeature<RouteMatch>().Values;

    /// <summary>Set for calls whose response is a stream.</summary>
    public MessageStream? Stream { get; set; }

    public bool IsHead { get; } = HttpMethods.IsHead(httpContext.Request.Method);

    /// <summary>The handler has chosen a status that allows no body.</summary>
    public bool HasNoContent => HttpContext.Response.StatusCode is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified;

    /// <summary>Reads the deadline: grpc-timeout, as gRPC writes it (100m) or as a JSON duration (1.5s).</summary>
    public override void Start()
    {
        if (!HttpContext.Request.Headers.TryGetValue(GrpcHeaders.Timeout, out var header))
        {
            return;
        }
        var text = header.ToString();
        if (!TimeoutCodec.TryParse(text, out var timeout) && !TryParseDuration(text, out timeout))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "The header grpc-timeout is malformed: 100m and 1.5s are good values."));
        }
        StartDeadline(timeout);
    }

    /// <summary>True for the one caller that may begin the response of a call in time.</summary>
    public bool TryBegin() => !IsDeadlineExceeded && TryClaim();

    /// <summary>A failure whose HTTP status is more telling than its code's own.</summary>
    public RpcException Refuse(int httpStatus, StatusCode code, string message)
    {
        _httpStatus = httpStatus;
        return new RpcException(new Status(code, message));
    }

    public RpcException TooLarge() => Refuse(
        StatusCodes.Status413PayloadTooLarge, StatusCode.ResourceExhausted, $"The message is larger than {Options.MaxReceiveMessageSize} bytes.");

    /// <summary>A body that breaks off or comes too slowly, or whose framing is wrong.</summary>
    RpcException Unreadable(BadHttpRequestException exception) => Refuse(exception.StatusCode, exception.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => StatusCode.ResourceExhausted,
        StatusCodes.Status408RequestTimeout => StatusCode.Unavailable,
        _ => StatusCode.InvalidArgument,
    }, "The request body could not be read: it breaks off, comes too slowly, or is framed wrongly.");

    /// <summary>RESOURCE_EXHAUSTED for a response beyond the limit of the settings.</summary>
    public void RequireSendable(long length)
    {
        if (length > Options.MaxSendMessageSize)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"The response is larger than {Options.MaxSendMessageSize} bytes."));
        }
    }

    /// <summary>Sends the one answer of a call. What the handler set itself, status and headers, stays.</summary>
    public async Task AnswerAsync(string contentType, ReadOnlyMemory<byte> body)
    {
        if (!TryBegin() || HasNoContent)
        {
            return;
        }
        var response = HttpContext.Response;
        response.ContentType ??= contentType;
        response.ContentLength ??= body.Length;
        if (!IsHead)
        {
            await response.BodyWriter.WriteAsync(body, HttpContext.RequestAborted);
        }
    }

    /// <summary>Begins a stream to which nothing was written, so that its headers tell what it is.</summary>
    public async Task FinishStreamAsync()
    {
        await (Stream?.QuietAsync() ?? Task.CompletedTask);
        if (StatusCore.StatusCode == StatusCode.OK && Stream is { HasBegun: false } stream)
        {
            await stream.BeginAsync(contentType: null);
        }
        if (StatusCore.StatusCode == StatusCode.OK && !IsHead)
        {
            await HttpContext.Response.BodyWriter.FlushAsync(HttpContext.RequestAborted);
        }
    }

    /// <summary>Ends the call; after a failure with its status.</summary>
    public override async Task EndAsync()
    {
        Dispose();
        await (Stream?.QuietAsync() ?? Task.CompletedTask);
        if (Stream is { HasBegun: true } stream)
        {
            await (StatusCore.StatusCode == StatusCode.OK ? Task.CompletedTask : stream.FailAsync(Failure()));
        }
        else if ((IsDeadlineExceeded || StatusCore.StatusCode != StatusCode.OK) && !HttpContext.RequestAborted.IsCancellationRequested && TryClaim())
        {
            StatusCore = IsDeadlineExceeded ? CallDeadline.Exceeded : StatusCore;
            await AnswerFailureAsync();
        }
        (Stream as IDisposable)?.Dispose();
        await DeadlineAnswer();
    }

    /// <summary>A header written by hand is its writer's mistake; only between gRPC libraries is it a broken protocol.</summary>
    protected override StatusCode BrokenMetadata => StatusCode.InvalidArgument;

    protected override Exception Refine(Exception exception) => exception is BadHttpRequestException bad ? Unreadable(bad) : exception;

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        if (HttpContext.Response.HasStarted)
        {
            throw new InvalidOperationException("Response headers have been sent already.");
        }
        AppendMetadata(responseHeaders);
        // A single answer takes its headers along: its HTTP status is not known yet.
        return Stream?.BeginAsync(contentType: null) ?? Task.CompletedTask;
    }

    public override void OnOverdue()
    {
        lock (_expiry)
        {
            if (TryClaim())
            {
                StatusCore = CallDeadline.Exceeded;
                _deadlineAnswer = AnswerDeadlineAsync();
            }
        }
    }

    bool TryClaim() => Interlocked.Exchange(ref _begun, 1) == 0;

    Task DeadlineAnswer()
    {
        lock (_expiry)
        {
            // After this nobody begins an answer, whoever did not.
            TryClaim();
            return _deadlineAnswer;
        }
    }

    async Task AnswerDeadlineAsync()
    {
        await Task.Yield();
        try
        {
            await AnswerFailureAsync();
            await HttpContext.Response.CompleteAsync();
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            GrpcServerLog.ClientGone(Logger, Method);
        }
    }

    Task AnswerFailureAsync()
    {
        if (HttpContext.Response.HasStarted)
        {
            // The handler has written to the response itself; an end that looks whole would be a lie.
            HttpContext.Abort();
            return Task.CompletedTask;
        }
        var failure = Failure();
        if (HasResponseTrailers)
        {
            ResponseTrailers.Remove(ResponseTrailers.FirstOrDefault(entry => entry.Key == "grpc-status-details-bin")!);
            AppendMetadata(ResponseTrailers);
        }
        return ErrorAnswer.WriteAsync(HttpContext, codec, _httpStatus ?? StatusMaps.ToHttpStatus((StatusCode)failure.Code), failure);
    }

    // Metadata may come from another server's answer as it was. What frames an HTTP/1.1 message is for this one to say.
    void AppendMetadata(Metadata metadata)
    {
        GrpcResponse.AppendMetadata(HttpContext.Response.Headers, [.. metadata.Where(entry => !s_framing.Contains(entry.Key))]);
    }

    Google.Rpc.Status Failure()
    {
        var details = HasResponseTrailers ? ResponseTrailers.GetRpcStatus(ignoreParseError: true)?.Details : null;
        var status = new Google.Rpc.Status { Code = (int)StatusCore.StatusCode, Message = StatusCore.Detail ?? "" };
        if (details is not null)
        {
            status.Details.Add(details);
        }
        return status;
    }

    static bool TryParseDuration(string text, out TimeSpan timeout)
    {
        var duration = new Google.Protobuf.WellKnownTypes.Duration();
        timeout = WellKnownReader.TryParse(duration, text) ? duration.ToTimeSpan() : TimeSpan.Zero;
        return timeout > TimeSpan.Zero;
    }
}
