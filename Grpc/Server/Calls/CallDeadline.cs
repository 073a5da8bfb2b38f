namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The deadline of one call: a token that fires when it passes or the client goes away.</summary>
sealed class CallDeadline : IDisposable
{
    // The longest that a timer takes. A deadline beyond it never fires: no connection lives that long.
    static readonly TimeSpan s_longestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    readonly CancellationTokenSource _source = new();
    readonly CancellationTokenRegistration _aborted;
    readonly Action _onExpired;
    readonly Action<Exception> _onThrown;
    readonly ITimer? _timer;
    volatile bool _expired;

    /// <param name="time">Whose timer.</param>
    /// <param name="timeout">Until the deadline.</param>
    /// <param name="onExpired">Called on a timer's thread before the token is cancelled.</param>
    /// <param name="onThrown">Told what those threw that the application registered with the token.</param>
    /// <param name="requestAborted">Fires when the client goes away.</param>
    public CallDeadline(TimeProvider time, TimeSpan timeout, Action onExpired, Action<Exception> onThrown, CancellationToken requestAborted)
    {
        (_onExpired, _onThrown) = (onExpired, onThrown);
        Token = _source.Token;
        var now = time.GetUtcNow().UtcDateTime;
        At = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        _aborted = requestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        if (timeout <= s_longestTimer)
        {
            _timer = time.CreateTimer(static self => ((CallDeadline)self!).Expire(), this, timeout, Timeout.InfiniteTimeSpan);
        }
    }

    public DateTime At { get; }

    public CancellationToken Token { get; }

    public bool IsExpired => _expired;

    public static Status Exceeded => new(StatusCode.DeadlineExceeded, "Deadline Exceeded");

    // The source is not disposed: a handler may still hold the token, and without a wait handle there is nothing to free.
    public void Dispose()
    {
        _timer?.Dispose();
        _aborted.Dispose();
    }

    void Expire()
    {
        _expired = true;
        _onExpired();
        try
        {
            _source.Cancel();
        }
        catch (AggregateException exception)
        {
            // What leaves a timer's callback ends the process.
            _onThrown(exception);
        }
    }
}
