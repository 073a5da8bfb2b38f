using System.Buffers;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Calls;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>
/// Server-sent events: each message is one, and a failure is one named error. Comments in between keep proxies from taking a silent
/// stream for a dead one.
/// </summary>
sealed class EventStream(JsonCallContext call, HttpBinding binding, TimeProvider time, ILogger logger)
    : MessageStream(call, ContentTypes.Events), IDisposable
{
    // The HTML standard advises a comment about this often (section 9.2.7).
    static readonly TimeSpan s_commentPeriod = TimeSpan.FromSeconds(15);

    readonly PooledBuffer _event = new();
    readonly CancellationTokenSource _quiet = new();

    // Held by whoever writes: the handler its messages, or the timer a comment.
    readonly SemaphoreSlim _turn = new(1);
    Task _comments = Task.CompletedTask;

    public override async Task FailAsync(Google.Rpc.Status status)
    {
        _event.Clear();
        _event.Write("event: error\ndata: "u8);
        Call.Codec.Write(_event, status, isLine: true);
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
        _event.Dispose();
        _quiet.Dispose();
        _turn.Dispose();
    }

    protected override void OnBeginning() => Response.Headers.CacheControl = "no-store";

    protected override void OnBegun() => _comments = HasBody ? CommentAsync() : Task.CompletedTask;

    protected override async Task SendAsync(IMessage message, bool flush)
    {
        _event.Clear();
        _event.Write("data: "u8);
        var prefix = _event.Length;
        Call.Codec.Write(_event, message, binding.ResponseField, isLine: true);
        Call.RequireSendable(_event.Length - prefix);
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
        _event.Write("\n\n"u8);
        Response.BodyWriter.Write(_event.Written.Span);
    }
}
