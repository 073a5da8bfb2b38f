namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// The deadline of one call: a token that fires when it passes or the client goes away. A handler that heeds the token ends its call
/// itself, on its own thread, where it alone touches the response. The call of one that does not is ended for it a moment later.
/// </summary>
sealed class CallDeadline : IDisposable
{
    // How long a handler has to end its call once the token has fired.
    static readonly TimeSpan s_handover = TimeSpan.FromMilliseconds(100);

    // The longest that a timer takes. A deadline beyond it never fires: no connection lives that long.
    static readonly TimeSpan s_longestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    readonly CancellationTokenSource _source = new();
    readonly CancellationTokenRegistration _aborted;
    readonly HttpCallContext _call;
    readonly ITimer? _timer;
    volatile bool _expired;

    /// <param name="call">Is told of the end, on a timer's thread, once the deadline has been started.</param>
    /// <param name="time">Whose timer.</param>
    /// <param name="timeout">Until the deadline.</param>
    public CallDeadline(HttpCallContext call, TimeProvider time, TimeSpan timeout)
    {
        _call = call;
        Token = _source.Token;
        var now = time.GetUtcNow().UtcDateTime;
        At = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        _aborted = call.HttpContext.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        if (timeout <= s_longestTimer)
        {
            _timer = time.CreateTimer(static self => ((CallDeadline)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public DateTime At { get; }

    public CancellationToken Token { get; }

    public bool IsExpired => _expired;

    public static Status Exceeded => new(StatusCode.DeadlineExceeded, "Deadline Exceeded");

    /// <summary>Starts the timer: not before the call knows its deadline, which a timer of a microsecond does not wait for.</summary>
    public void Start(TimeSpan timeout) => _timer?.Change(timeout, Timeout.InfiniteTimeSpan);

    // The source is not disposed: a handler may still hold the token, and without a wait handle there is nothing to free.
    public void Dispose()
    {
        _timer?.Dispose();
        _aborted.Dispose();
    }

    void OnTimer()
    {
        if (_expired)
        {
            _call.OnOverdue();
            return;
        }
        _expired = true;
        // Before the token: what is registered with it may take its time.
        _timer!.Change(s_handover, Timeout.InfiniteTimeSpan);
        _call.OnExpired();
        try
        {
            _source.Cancel();
        }
        catch (AggregateException exception)
        {
            // What leaves a timer's callback ends the process.
            _call.OnExpiredThrew(exception);
        }
    }
}
