namespace P2P.Peers.Fetching;

/// <summary>Lets a transfer's user stop it for a while. Whoever transfers waits at it before it asks for anything.</summary>
public sealed class PauseGate(TimeProvider time) : IDisposable
{
    readonly Lock _lock = new();
    CancellationTokenSource _running = new();
    TaskCompletionSource? _resumed;
    TimeSpan _before;
    long _since;

    public bool IsPaused
    {
        get
        {
            lock (_lock)
                return _resumed is not null;
        }
    }

    /// <summary>How long it was closed, in all.</summary>
    public TimeSpan Paused
    {
        get
        {
            lock (_lock)
                return _resumed is null ? _before : _before + time.GetElapsedTime(_since);
        }
    }

    /// <summary>Cancelled by the next pause: what is under way is to stop. Ask again after each wait.</summary>
    public CancellationToken Running
    {
        get
        {
            lock (_lock)
                return _running.Token;
        }
    }

    /// <returns>False if it is paused already.</returns>
    public bool Pause()
    {
        CancellationTokenSource running;
        lock (_lock)
        {
            if (_resumed is not null)
                return false;
            _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _since = time.GetTimestamp();
            running = _running;
        }

        running.Cancel();
        return true;
    }

    /// <returns>False if it is not paused.</returns>
    public bool Resume()
    {
        TaskCompletionSource resumed;
        lock (_lock)
        {
            if (_resumed is null)
                return false;
            (resumed, _resumed) = (_resumed, null);
            _before += time.GetElapsedTime(_since);
            // Not disposed of: whoever paused may be cancelling it still, and then it holds nothing.
            _running = new CancellationTokenSource();
        }

        resumed.SetResult();
        return true;
    }

    public void Dispose() => _running.Dispose();

    /// <summary>Waits while it is paused.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        lock (_lock)
            return _resumed is null ? Task.CompletedTask : _resumed.Task.WaitAsync(cancellation);
    }
}
