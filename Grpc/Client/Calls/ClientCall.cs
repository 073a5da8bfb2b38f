using Grpc.Net.Client.Messages;
using Grpc.Net.Client.Retries;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// One call, from its first attempt to its status.
/// 1. Start: the request, or the promise of one, goes into <see cref="OutgoingMessages"/>.
/// 2. Attempts until one is answered with headers, or fails in a way that is not tried again.
/// 3. The answer is committed to: headers are published, kept requests are let go.
/// 4. Messages are read: by the call itself when there is one, by the stream reader when there are many.
/// 5. <see cref="CallLifetime"/> ends it, here with the trailers, or at any time before with another reason.
/// </summary>
sealed class ClientCall<TRequest, TResponse> : IDisposable
    where TRequest : class
    where TResponse : class
{
    readonly ChannelSettings _settings;
    readonly HttpSender _sender;
    readonly Method<TRequest, TResponse> _method;
    readonly CallOptions _options;
    readonly RequestBuilder _builder;
    readonly RetryState? _retries;
    readonly CallLifetime _lifetime;
    readonly CallTelemetry _telemetry;
    readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<TResponse> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Func<DeserializationContext, TResponse> _deserializer;
    readonly TaskCompletionSource _readable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    HttpResponseMessage? _http;
    ResponseBody? _body;
    MessageReader? _messages;
    int _reading;

    public ClientCall(ChannelSettings settings, HttpSender sender, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        (_settings, _sender, _method, _options) = (settings, sender, method, options);
        var plan = settings.PlanOf(method);
        _lifetime = new CallLifetime(settings.TimeProvider, options, OnEnded);
        _builder = new RequestBuilder(settings, plan, method, host, options);
        _retries = plan.RetryPolicy is { } policy
            ? new RetryState(policy, Math.Min(policy.MaxAttempts!.Value, settings.MaxRetryAttempts), settings.RetryThrottle, Random.Shared.NextDouble)
            : null;
        Outgoing = new OutgoingMessages(keep: _retries is not null || !SendsStream, _retries is null ? null : settings.RetryBudget);
        _deserializer = (ReceivesStream ? settings.BorrowedBytes.Find<TResponse>() : null) ?? method.ResponseMarshaller.ContextualDeserializer;
        _telemetry = CallTelemetry.Start(settings, method);
    }

    public OutgoingMessages Outgoing { get; }

    public WriteOptions? WriteOptions => _options.WriteOptions;

    public Task<Metadata> Headers => _headers.Task;

    public Task<TResponse> Response => _response.Task;

    /// <summary>The message that <see cref="MoveNextAsync"/> found.</summary>
    public TResponse? Current { get; private set; }

    bool SendsStream => _method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming;

    bool ReceivesStream => _method.Type is MethodType.ServerStreaming or MethodType.DuplexStreaming;

    /// <param name="request">Null when a stream writer will follow.</param>
    /// <param name="shutdown">The channel's end.</param>
    public void Start(TRequest? request, CancellationToken shutdown)
    {
        _lifetime.Start(shutdown);
        _ = RunAsync(request);
        _telemetry.Leave();
    }

    /// <exception cref="InvalidOperationException">The call is not over.</exception>
    public Status GetStatus() => End().Status;

    /// <exception cref="InvalidOperationException">The call is not over.</exception>
    public Metadata GetTrailers() => End().Trailers;

    public void Cancel() => _lifetime.Cancel("The caller cancelled the call.");

    /// <summary>Ends a call that still runs, which resets its stream.</summary>
    public void Dispose() => _lifetime.Cancel("The call was disposed.");

    /// <summary>Ends the call with what the exception means.</summary>
    public void Fail(Exception exception) =>
        _lifetime.TryEnd(Failures.ToStatus(exception), (exception as RpcException)?.Trailers ?? []);

    /// <summary>Throws when the call did not end well.</summary>
    /// <returns>Whether it is over.</returns>
    public bool ThrowIfFailed() => _lifetime.End switch
    {
        null => false,
        { Status.StatusCode: StatusCode.OK } => true,
        var end => throw ToException(end),
    };

    public FrameBuffer Serialize(TRequest message, Action<TRequest, SerializationContext>? serializer, WriteOptions? options)
    {
        var frame = Outgoing.Rent();
        var compression = options?.Flags.HasFlag(WriteFlags.NoCompress) == true ? null : _builder.Compression;
        serializer ??= _method.RequestMarshaller.ContextualSerializer;
        MessageWriter.Write(frame, message, serializer, _settings.MaxSendMessageSize, compression);
        return frame;
    }

    /// <summary>Reads the next message of a response stream into <see cref="Current"/>. One at a time.</summary>
    /// <returns>False at the end of a call with status OK.</returns>
    public async Task<bool> MoveNextAsync()
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            // The end of the call takes the reader for a moment too; that is no mistake of the caller's.
            return ThrowIfFailed() ? false : throw new InvalidOperationException("A read of this stream is still running.");
        }

        try
        {
            await _readable.Task.ConfigureAwait(false);
            Current = _lifetime.End is null ? await ReadAsync().ConfigureAwait(false) : null;
        }
        finally
        {
            StopReading();
        }

        return !ThrowIfFailed() && Current is not null;
    }

    async Task RunAsync(TRequest? request)
    {
        try
        {
            if (request is not null)
            {
                Outgoing.Add(Serialize(request, null, WriteOptions), last: true);
            }

            var answer = await AttemptsAsync().ConfigureAwait(false);
            Outgoing.Commit();
            if (answer.Response is null)
            {
                EndWithoutMessages(answer);
                return;
            }

            Open(answer.Response);
            _headers.TrySetResult(answer.Metadata);
            if (!ReceivesStream)
            {
                await ReadSingleAsync().ConfigureAwait(false);
            }

            _readable.TrySetResult();
        }
        catch (Exception exception)
        {
            // The one edge where whatever went wrong becomes the status of the call.
            Fail(exception);
        }
    }

    async Task<Answer> AttemptsAsync()
    {
        var backoff = _options.IsWaitForReady ? _settings.NewBackoff() : null;
        while (true)
        {
            var answer = await AttemptAsync().ConfigureAwait(false);
            if (answer.Status is not { StatusCode: not StatusCode.OK } status || _lifetime.End is not null || !Outgoing.CanReplay)
            {
                return answer;
            }

            TimeSpan delay;
            if (answer.IsConnectFailure && backoff is not null)
            {
                delay = backoff.Next();
            }
            else if (_retries?.TryRetry(status.StatusCode, answer.Metadata, out delay) != true)
            {
                return answer;
            }

            GrpcClientLog.Retrying(_settings.Log, _retries?.Failures ?? 0, _method.FullName, status.StatusCode, delay);
            await Task.Delay(delay, _settings.TimeProvider, _lifetime.Aborted).ConfigureAwait(false);
        }
    }

    async Task<Answer> AttemptAsync()
    {
        try
        {
            var request = await _builder.BuildAsync(Outgoing, _lifetime.Remaining, _retries?.Failures ?? 0, _lifetime.Aborted).ConfigureAwait(false);
            _lifetime.Aborted.ThrowIfCancellationRequested();
            var response = await _sender.SendAsync(request, _lifetime.Aborted).ConfigureAwait(false);
            _settings.Connectivity.Report(ConnectivityState.Ready);
            return Answer.Read(response);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            if (Failures.IsConnectFailure(exception))
            {
                _settings.Connectivity.Report(ConnectivityState.TransientFailure);
            }

            return Answer.Failure(exception);
        }
    }

    void Open(HttpResponseMessage response)
    {
        // The reader before the body: who cancels in this instant and finds a body ends it by way of the reader.
        ResponseBody body = new(response.Content.ReadAsStream());
        _messages = new MessageReader(body, Answer.FormatOf(response, _settings));
        Interlocked.Exchange(ref _body, body);
        Interlocked.Exchange(ref _http, response);
        if (_lifetime.End is not null)
        {
            response.Dispose();
        }
    }

    void EndWithoutMessages(Answer answer)
    {
        _headers.TrySetResult([]);
        var status = answer.Status!.Value;
        var isMissing = status.StatusCode == StatusCode.OK && !ReceivesStream;
        _lifetime.TryEnd(isMissing ? NoMessage() : status, answer.Metadata);
    }

    async Task ReadSingleAsync()
    {
        Interlocked.Exchange(ref _reading, 1);
        try
        {
            if (await ReadAsync().ConfigureAwait(false) is { } message && _lifetime.End is { Status.StatusCode: StatusCode.OK })
            {
                _response.TrySetResult(message);
            }
        }
        finally
        {
            StopReading();
        }
    }

    /// <summary>The next message, or the only one; the end of the response ends the call.</summary>
    async ValueTask<TResponse?> ReadAsync()
    {
        try
        {
            var message = ReceivesStream
                ? await _messages!.ReadAsync(_deserializer, _lifetime.Aborted).ConfigureAwait(false)
                : await _messages!.ReadSingleAsync(_deserializer, _lifetime.Aborted).ConfigureAwait(false);
            if (message is null || !ReceivesStream)
            {
                var (_, status, trailers) = Answer.ReadTrailers(_http!);
                var isMissing = message is null && !ReceivesStream && status.StatusCode == StatusCode.OK;
                _lifetime.TryEnd(isMissing ? NoMessage() : status, trailers);
            }

            return message;
        }
        catch (Exception exception)
        {
            // As in RunAsync: reading has no other way to fail than to end the call. What the server says of it comes first.
            if (exception is RpcException && Answer.ReadTrailers(_http!) is { HasStatus: true, Status.StatusCode: not StatusCode.OK } said)
            {
                _lifetime.TryEnd(said.Status, said.Trailers);
            }

            Fail(exception);
            return null;
        }
    }

    static Status NoMessage() => new(StatusCode.Internal, "The server sent no message where one is required.");

    CallEnd End() => _lifetime.End ?? throw new InvalidOperationException("The call is not over yet.");

    Exception ToException(CallEnd end) => _lifetime.ToException(end, _settings.ThrowOperationCanceled);

    void StopReading()
    {
        Volatile.Write(ref _reading, 0);
        if (_lifetime.End is not null)
        {
            ReleaseReader();
        }
    }

    /// <summary>Returns the buffers, unless a read is filling them: then that read does it.</summary>
    void ReleaseReader()
    {
        if (Interlocked.Exchange(ref _reading, 1) == 0)
        {
            EndBody();
            Volatile.Write(ref _reading, 0);
        }
    }

    void EndBody()
    {
        if (Interlocked.Exchange(ref _body, null) is not { } body)
        {
            return;
        }

        if (_messages!.IsLent)
        {
            // The last message is still in its reader's hands.
            body.Abandon();
            return;
        }

        body.Complete();
    }

    void OnEnded(CallEnd end)
    {
        if (end.Status.StatusCode == StatusCode.OK)
        {
            _retries?.Succeed();
        }
        else
        {
            GrpcClientLog.CallFailed(_settings.Log, _method.FullName, end.Status.StatusCode, end.Status.Detail, end.Status.DebugException);
            var exception = ToException(end);
            Fault(_headers, exception);
            Fault(_response, exception);
        }

        _telemetry.Stop(end.Status.StatusCode);
        _readable.TrySetResult();
        Outgoing.Abort();
        Volatile.Read(ref _http)?.Dispose();
        ReleaseReader();
    }

    static void Fault<T>(TaskCompletionSource<T> source, Exception exception)
    {
        if (source.TrySetException(exception))
        {
            // Nobody need await a call that was given up.
            _ = source.Task.Exception;
        }
    }
}
