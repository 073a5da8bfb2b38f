using System.Threading.Channels;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Session;

namespace P2P.Peers.Lines;

/// <summary>
/// Holds the daemon's Control line while it has a session: 1. wait for a session, 2. open the line and say hello, 3. ping, take commands
/// and send answers until it breaks, 4. wait as the session does after a failure, and again.
/// </summary>
sealed class LineRunner(SessionCalls directory, LineCommands commands, TimeProvider time, ILogger<LineRunner> log)
{
    const int MostWaiting = 64;

    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile bool _isOpen;

    /// <summary>The directory has answered over the line.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        directory.Changed += OnSession;
        try
        {
            var (failures, refused) = (0, "");
            while (true)
            {
                // 1.
                var token = await TokenAsync(refused, cancellationToken).ConfigureAwait(false);
                // 2. and 3.
                var failure = await HoldAsync(token, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                refused = MayPass(failure) ? "" : token;
                failures = _isOpen ? 1 : failures + 1;
                _isOpen = false;
                Tell(failure, failures);
                // 4.
                await Task.Delay(Backoff.Delay(failures, Random.Shared.NextDouble(), failure?.RetryDelay), time, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        finally
        {
            directory.Changed -= OnSession;
            _isOpen = false;
        }
    }

    /// <summary>The token of a session that is online, and another than one that was refused.</summary>
    async Task<string> TokenAsync(string refused, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the state is read: a change after that is not missed.
            var changed = Volatile.Read(ref _changed).Task;
            if (directory.State is { Phase: SessionPhase.Online, Token: var token } && token != refused)
            {
                return token;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Why it broke; null where the directory ended it without a reason.</returns>
    async Task<CallFailure?> HoldAsync(string token, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var silent = false;
        using var silence = time.CreateTimer(_ => Volatile.Write(ref silent, TryCancel(stop)), null, LineTimes.Silence, Timeout.InfiniteTimeSpan);
        var answers = Channel.CreateBounded<ControlRequest>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
        answers.Writer.TryWrite(new ControlRequest { Hello = commands.Hello });
        answers.Writer.TryWrite(new ControlRequest { Ping = new ControlPing() });
        using var call = directory.Control(token, stop.Token);
        var sending = SendAsync(call.RequestStream, answers.Reader, stop.Token);
        var pinging = PingAsync(answers.Writer, stop.Token);
        try
        {
            while (await call.ResponseStream.MoveNext(stop.Token).ConfigureAwait(false))
            {
                _isOpen = true;
                silence.Change(LineTimes.Silence, Timeout.InfiniteTimeSpan);
                commands.Take(call.ResponseStream.Current, answers.Writer, stop.Token);
            }

            return null;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            return Volatile.Read(ref silent) ? new CallFailure(StatusCode.Unavailable, "", "The line was silent.")
                : error is RpcException rpc ? CallFailure.Of(rpc)
                : null;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            answers.Writer.TryComplete();
            await Task.WhenAll(sending, pinging).ConfigureAwait(false);
        }
    }

    static async Task SendAsync(IClientStreamWriter<ControlRequest> stream, ChannelReader<ControlRequest> answers, CancellationToken stop)
    {
        try
        {
            await foreach (var answer in answers.ReadAllAsync(stop).ConfigureAwait(false))
            {
                await stream.WriteAsync(answer, stop).ConfigureAwait(false);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or RpcException or InvalidOperationException)
        {
            // The reading half learns why.
            return;
        }
    }

    async Task PingAsync(ChannelWriter<ControlRequest> answers, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LineTimes.PingEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                // Where there is no room, enough else waits to be sent.
                answers.TryWrite(new ControlRequest { Ping = new ControlPing() });
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    void OnSession(SessionState state) => Interlocked
        .Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    void Tell(CallFailure? failure, int failures)
    {
        // Once is enough, until it was open again.
        if (failures == 1)
        {
            LineLog.Broke(log, failure?.Message ?? "The directory ended it.");
        }
    }

    // Another token may do better than one that was refused; a directory without Control answers so to all.
    static bool MayPass(CallFailure? failure) => failure is null || failure.IsTransient;

    static bool TryCancel(CancellationTokenSource stop)
    {
        try
        {
            stop.Cancel();
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
