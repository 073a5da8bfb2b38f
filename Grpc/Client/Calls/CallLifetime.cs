using System.Diagnostics.CodeAnalysis;

namespace Grpc.Net.Client.Calls;

/// <summary>How a call ended; ByCaller: its owner cancelled or disposed it, or its channel.</summary>
sealed record CallEnd(Status Status, Metadata Trailers, bool ByCaller);

/// <summary>
/// Ends a call once, for the reason that comes first: its answer, its deadline, its caller's cancellation, its disposal,
/// or the end of the channel. Whatever still runs for the call is then aborted, which resets the HTTP/2 stream.
/// </summary>
/// <exception cref="InvalidOperationException">The deadline is not in UTC.</exception>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither timer nor links, so it holds nothing to dispose; the timer is disposed at the end of the call.")]
sealed class CallLifetime(TimeProvider clock, CallOptions options, Action<CallEnd> ended)
{
    /// <summary>Timers take less than 50 days; a later deadline is waited for in parts.</summary>
    static readonly TimeSpan s_longestWait = TimeSpan.FromDays(40);

    readonly CancellationTokenSource _abort = new();
    readonly DateTimeOffset? _deadline = ReadDeadline(options.Deadline);
    readonly CancellationToken _callerToken = options.CancellationToken;
    CancellationTokenRegistration _caller;
    CancellationTokenRegistration _shutdown;
    ITimer? _timer;
    CallEnd? _end;

    /// <summary>Fires when the call is over, for whatever reason.</summary>
    public CancellationToken Aborted => _abort.Token;

    /// <summary>Null while the call runs.</summary>
    public CallEnd? End => Volatile.Read(ref _end);

    /// <summary>Null without a deadline.</summary>
    public TimeSpan? Remaining => _deadline - clock.GetUtcNow();

    /// <summary>Begins to watch deadline, caller and channel; may end the call at once.</summary>
    public void Start(CancellationToken shutdown)
    {
        if (Remaining is { } remaining)
        {
            _timer = clock.CreateTimer(static state => ((CallLifetime)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (remaining > TimeSpan.Zero)
            {
                Arm(_timer, remaining);
            }
            else
            {
                OnTimer();
            }
        }

        _caller = _callerToken.UnsafeRegister(static state => ((CallLifetime)state!).Cancel("The caller cancelled the call."), this);
        _shutdown = shutdown.UnsafeRegister(static state => ((CallLifetime)state!).Cancel("The channel was disposed."), this);
        if (End is not null)
        {
            StopWatching();
        }
    }

    public void Cancel(string reason) => TryEnd(new Status(StatusCode.Cancelled, reason), [], byCaller: true);

    /// <returns>False when the call was over already.</returns>
    public bool TryEnd(Status status, Metadata trailers, bool byCaller = false)
    {
        // A server that enforces the deadline resets the stream; its reset may be faster than our timer.
        if (status.StatusCode == StatusCode.Cancelled && !byCaller && Remaining <= TimeSpan.Zero)
        {
            status = DeadlineExceeded(status.DebugException);
        }

        var end = new CallEnd(status, trailers, byCaller);
        if (Interlocked.CompareExchange(ref _end, end, null) is not null)
        {
            return false;
        }

        StopWatching();
        ended(end);
        _abort.Cancel();
        return true;
    }

    /// <summary>The exception for a call that did not end well.</summary>
    public Exception ToException(CallEnd end, bool throwOperationCanceled)
    {
        var exception = new RpcException(end.Status, end.Trailers);
        return throwOperationCanceled && end.ByCaller
            ? new OperationCanceledException(end.Status.Detail, exception, _callerToken)
            : exception;
    }

    void OnTimer()
    {
        var remaining = Remaining!.Value;
        if (remaining > TimeSpan.Zero)
        {
            Arm(_timer!, remaining);
        }
        else
        {
            TryEnd(DeadlineExceeded(null), []);
        }
    }

    void StopWatching()
    {
        _timer?.Dispose();
        _caller.Unregister();
        _shutdown.Unregister();
    }

    static void Arm(ITimer timer, TimeSpan remaining)
    {
        // Rounded up to what timers can tell apart, or the timer would fire too early and often.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, remaining.TotalMilliseconds)));
        timer.Change(wait < s_longestWait ? wait : s_longestWait, Timeout.InfiniteTimeSpan);
    }

    static Status DeadlineExceeded(Exception? cause) => new(StatusCode.DeadlineExceeded, "The deadline passed before the call was over.", cause);

    static DateTimeOffset? ReadDeadline(DateTime? deadline)
    {
        if (deadline is not { } value || value == DateTime.MaxValue)
        {
            return null;
        }

        if (value == DateTime.MinValue)
        {
            return DateTimeOffset.MinValue;
        }

        return value.Kind == DateTimeKind.Utc
            ? new DateTimeOffset(value)
            : throw new InvalidOperationException("The deadline must be in UTC, or DateTime.MinValue or DateTime.MaxValue.");
    }
}
