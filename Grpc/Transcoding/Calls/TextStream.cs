namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>
/// JSON messages, one a line (NDJSON) or one a server-sent event. A failure is the last line, or an event of its own name. Comments
/// between events keep proxies from taking a silent stream for a dead one.
/// </summary>
sealed class TextStream(JsonCallContext call, HttpBinding binding, bool asEvents, TimeProvider time, ILogger logger)
    : MessageStream(call, asEvents ? ContentTypes.Events : ContentTypes.Lines), IDisposable
{
    // The HTML standard advises a comment about this often (section 9.2.7).
    static readonly TimeSpan s_commentPeriod = TimeSpan.FromSeconds(15);

    readonly PooledBuffer _text = new(sizeHint: 1024);
    readonly CancellationTokenSource _quiet = new();

    // Held by whoever writes: the handler its messages, or the timer a comment.
    readonly SemaphoreSlim _turn = new(1);
    Task _comments = Task.CompletedTask;

    public override async Task FailAsync(Google.Rpc.Status status)
    {
        _text.Clear();
        _text.Write(asEvents ? "event: error\ndata: "u8 : "{\"error\":"u8);
        Call.Codec.Write(_text, status, isLine: true);
        _text.Write(asEvents ? ""u8 : "}"u8);
        if (HasBody && !Call.HttpContext.RequestAborted.IsCancellationRequested)
        {
            Send();
            await Response.BodyWriter.FlushAsync(Call.HttpContext.RequestAborted);
        }
    }

    public override async Task QuietAsync()
    {
        await _quiet.CancelAsync();
        await _comments;
    }

    public void Dispose()
    {
        _text.Dispose();
        _quiet.Dispose();
        _turn.Dispose();
    }

    protected override void OnBeginning()
    {
        if (asEvents)
        {
            Response.Headers.CacheControl = "no-store";
        }
    }

    protected override void OnBegun() => _comments = asEvents && HasBody ? CommentAsync() : Task.CompletedTask;

    public override async Task SendAsync(IMessage message, bool flush)
    {
        _text.Clear();
        _text.Write(asEvents ? "data: "u8 : ""u8);
        var prefix = _text.Length;
        Call.Codec.Write(_text, message, binding.ResponseField, isLine: true);
        Call.RequireSendable(_text.Length - prefix);
        await BeginAsync(contentType: null);
        await _turn.WaitAsync(Call.CancellationToken);
        try
        {
            if (HasBody)
            {
                Send();
            }
            if (flush)
            {
                await FlushAsync();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    async Task CommentAsync()
    {
        using var timer = new PeriodicTimer(s_commentPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_quiet.Token))
            {
                await _turn.WaitAsync(_quiet.Token);
                await CommentOnceAsync();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            if (!_quiet.IsCancellationRequested)
            {
                GrpcServerLog.ClientGone(logger, Call.Method);
            }
        }
    }

    async Task CommentOnceAsync()
    {
        try
        {
            Response.BodyWriter.Write(":\n\n"u8);
            await FlushAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    void Send()
    {
        _text.Write(asEvents ? "\n\n"u8 : "\n"u8);
        Response.BodyWriter.Write(_text.WrittenSpan);
    }
}
