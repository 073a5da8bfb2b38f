using System.Runtime.CompilerServices;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>One gRPC call: what its headers announced, its messages, and its end, which happens once.</summary>
sealed class GrpcCallContext(HttpContext httpContext, IMethod method, MethodOptions options, TimeProvider time, ILogger logger)
    : HttpCallContext(httpContext, method, options, time, logger)
{
    // How long a client that does not read may hold up the status of a call past its deadline.
    static readonly TimeSpan s_deadlineGrace = TimeSpan.FromSeconds(2);

    // RFC 9113, section 7. A client must not discard a whole response for NO_ERROR (section 8.1), and may for CANCEL.
    const int Http2NoError = 0;
    const int Http2Cancel = 8;

    // Guards the response between the handler, which writes messages, and the timer that ends a call past its deadline.
    readonly Lock _response = new();
    ICompressionProvider? _responseCompression;
    Task _deadlineEnd = Task.CompletedTask;
    bool _starting;
    MessageReader? _requests;
    bool _ended;

    /// <summary>Reads the protocol's request headers and starts the deadline.</summary>
    public override void Start()
    {
        var request = HttpContext.Request.Headers;
        GrpcResponse.SetContentType(HttpContext.Response);
        _requests = new MessageReader(HttpContext.Request.BodyReader, ReadEncoding(request[GrpcHeaders.Encoding]));
        if (Options.ResponseCompression is { } compression)
        {
            UseResponseCompression(compression);
        }
        if (request.TryGetValue(GrpcHeaders.Timeout, out var timeout))
        {
            if (TimeoutCodec.TryParse(timeout.ToString(), out var span))
            {
                StartDeadline(span);
            }
            else
            {
                GrpcServerLog.MalformedTimeout(Logger, Method);
            }
        }
    }

    /// <summary>Writes one message into the response, without flushing it. The first sends the headers.</summary>
    public async ValueTask WriteMessageAsync<TResponse>(TResponse message, Action<TResponse, SerializationContext> serializer)
    {
        var response = HttpContext.Response;
        if (!response.HasStarted)
        {
            await StartResponseAsync(headers: null);
        }
        var compression = WriteOptions is { } write && write.Flags.HasFlag(WriteFlags.NoCompress) ? null : _responseCompression;
        lock (_response)
        {
            ThrowIfEnded();
            MessageWriter.Write(
                response.BodyWriter, message, serializer, Options.MaxSendMessageSize, compression, Options.ResponseCompressionLevel);
        }
    }

    /// <summary>Writes the response of a call that has one; the end of the call flushes it.</summary>
    public ValueTask WriteSingleAsync<TResponse>(TResponse? message, Action<TResponse, SerializationContext> serializer)
    {
        if (message is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }
        return IsDeadlineExceeded ? ValueTask.CompletedTask : WriteMessageAsync(message, serializer);
    }

    /// <summary>Reads the request of a call that has one. None, or a second one, is INTERNAL.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TRequest> ReadSingleAsync<TRequest>(Func<DeserializationContext, TRequest> deserializer)
        where TRequest : class
    {
        try
        {
            return await _requests!.ReadSingleAsync(deserializer, WaitToken)
                ?? throw new RpcException(new Status(StatusCode.Internal, "The request has no message."));
        }
        catch (Exception exception) when (IsClientGone(exception))
        {
            throw new ClientGoneException(exception);
        }
    }

    /// <summary>Reads the next request message; null at their end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TRequest?> ReadAsync<TRequest>(
        Func<DeserializationContext, TRequest> deserializer, CancellationToken cancellationToken) where TRequest : class
    {
        try
        {
            return await _requests!.ReadAsync(deserializer, cancellationToken.CanBeCanceled ? cancellationToken : WaitToken);
        }
        catch (Exception exception) when (IsClientGone(exception))
        {
            throw new ClientGoneException(exception);
        }
    }

    /// <summary>Sends status and trailers, unless they were sent for a handler that outlived its deadline.</summary>
    public override Task EndAsync()
    {
        _requests?.Dispose();
        lock (_response)
        {
            if (_ended)
            {
                return _deadlineEnd;
            }
            _ended = true;
            StatusCore = IsDeadlineExceeded ? CallDeadline.Exceeded : StatusCore;
            GrpcResponse.SetEnd(HttpContext.Response, StatusCore, HasResponseTrailers ? ResponseTrailers : null);
        }
        return Task.CompletedTask;
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        if (HttpContext.Response.HasStarted)
        {
            throw new InvalidOperationException("The response headers have been sent already.");
        }
        await StartResponseAsync(responseHeaders);
        await HttpContext.Response.BodyWriter.FlushAsync(CancellationToken);
    }

    public override void OnOverdue()
    {
        lock (_response)
        {
            if (_ended)
            {
                return;
            }
            _ended = true;
            StatusCore = CallDeadline.Exceeded;
            // While callbacks of the application hold up the headers, they are neither ours to change nor sent: only a reset is left.
            var canEnd = HttpContext.Response.HasStarted || !_starting;
            if (canEnd)
            {
                GrpcResponse.SetEnd(HttpContext.Response, StatusCore, HasResponseTrailers ? ResponseTrailers : null);
            }
            _deadlineEnd = EndAfterDeadlineAsync(canEnd);
        }
    }

    async Task EndAfterDeadlineAsync(bool complete)
    {
        // Off the lock that the caller holds.
        await Task.Yield();
        var error = Http2Cancel;
        try
        {
            if (complete)
            {
                await HttpContext.Response.CompleteAsync().WaitAsync(s_deadlineGrace, Time);
                error = Http2NoError;
            }
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException or IOException)
        {
            GrpcServerLog.ClientGone(Logger, Method);
        }
        HttpContext.Features.Get<IHttpResetFeature>()?.Reset(error);
    }

    Task StartResponseAsync(Metadata? headers)
    {
        lock (_response)
        {
            ThrowIfEnded();
            _starting = true;
            if (headers is not null)
            {
                GrpcResponse.AppendMetadata(HttpContext.Response.Headers, headers);
            }
            if (_responseCompression is { } compression)
            {
                HttpContext.Response.Headers[GrpcHeaders.Encoding] = compression.EncodingName;
            }
            return HttpContext.Response.StartAsync(CancellationToken.None);
        }
    }

    MessageFormat ReadEncoding(string? encoding)
    {
        if (string.IsNullOrEmpty(encoding) || encoding == "identity")
        {
            return Options.IdentityFormat;
        }
        if (Options.FindCompression(encoding) is { } compression)
        {
            return new MessageFormat(Options.MaxReceiveMessageSize, compression, default);
        }
        HttpContext.Response.Headers[GrpcHeaders.AcceptEncoding] = Options.AcceptEncoding;
        return new MessageFormat(Options.MaxReceiveMessageSize, null, new Status(
            StatusCode.Unimplemented, $"The message encoding is not supported. Supported: {Options.AcceptEncoding}."));
    }

    /// <summary>Compresses responses, if the client accepts the encoding.</summary>
    void UseResponseCompression(ICompressionProvider compression)
    {
        var accepted = HttpContext.Request.Headers[GrpcHeaders.AcceptEncoding].ToString().AsSpan();
        foreach (var range in accepted.Split(','))
        {
            if (accepted[range].Trim().Equals(compression.EncodingName, StringComparison.Ordinal))
            {
                _responseCompression = compression;
            }
        }
    }

    // Kestrel fails a read before it cancels the call's token: what it means must not depend on who is first.
    static bool IsClientGone(Exception exception) =>
        exception is ConnectionAbortedException or (IOException and not BadHttpRequestException);

    void ThrowIfEnded()
    {
        if (IsDeadlineExceeded)
        {
            throw new OperationCanceledException("The deadline of the call has passed.", CancellationToken);
        }
        if (_ended)
        {
            throw new InvalidOperationException("The call has ended.");
        }
    }
}
