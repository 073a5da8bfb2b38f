using Grpc.Net.Client.Retries;

namespace Grpc.Net.Client.Messages;

/// <summary>
/// The request messages of one call, between the writer that adds them and the attempt that sends them. While the
/// call can be sent again (<see cref="CanReplay"/>) messages stay after they were sent, and a new attempt starts with
/// the first; once committed, each goes as soon as it is sent.
/// </summary>
/// <remarks>
/// Attempts overlap for a moment: one that failed may still be inside a write when the next attaches. So an attempt
/// that was replaced is turned away at its next step, and after a second attempt no buffer goes back to the pool.
/// </remarks>
sealed class OutgoingMessages(bool keep, RetryBudget? budget)
{
    readonly Lock _gate = new();
    readonly List<FrameBuffer> _frames = [];
    readonly AsyncSignal _writer = new();
    AsyncSignal? _attempt;
    FrameBuffer? _spare;
    bool _keep = keep;
    bool _completed;
    bool _aborted;
    bool _sending;
    int _attempts;
    int _added;
    int _dropped;
    int _sent;
    long _held;

    /// <summary>Whether another attempt could send all messages again.</summary>
    public bool CanReplay
    {
        get
        {
            lock (_gate)
            {
                return !_aborted && _dropped == 0;
            }
        }
    }

    /// <summary>A buffer to write the next message into.</summary>
    public FrameBuffer Rent()
    {
        lock (_gate)
        {
            var frame = _spare ?? new FrameBuffer();
            _spare = null;
            return frame;
        }
    }

    /// <summary>Hands a message over. The buffer is no longer the caller's.</summary>
    /// <returns>The number to wait for with <see cref="SentAsync"/>.</returns>
    public int Add(FrameBuffer frame, bool last)
    {
        AsyncSignal? attempt;
        int number;
        lock (_gate)
        {
            number = ++_added;
            _completed = last;
            if (!_aborted)
            {
                _frames.Add(frame);
                Hold(frame.Length);
            }

            attempt = _attempt;
        }

        attempt?.Set();
        return number;
    }

    /// <summary>No further message.</summary>
    public void Complete()
    {
        AsyncSignal? attempt;
        lock (_gate)
        {
            _completed = true;
            attempt = _attempt;
        }

        attempt?.Set();
    }

    /// <summary>Returns once the current attempt has sent that message, or the call is over.</summary>
    public async ValueTask SentAsync(int number)
    {
        while (!IsSent(number))
        {
            await _writer.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The response has begun, or the buffer is full: what was sent will not be needed again.</summary>
    public void Commit()
    {
        lock (_gate)
        {
            CommitCore();
        }
    }

    /// <summary>The call is over: wakes everybody, and lets go of what was kept.</summary>
    public void Abort()
    {
        AsyncSignal? attempt;
        lock (_gate)
        {
            if (_aborted)
            {
                return;
            }

            _aborted = true;
            ReturnBudget();
            _frames.ForEach(frame => Recycle(frame, unread: !_sending));
            _frames.Clear();

            attempt = _attempt;
        }

        attempt?.Set();
        _writer.Set();
    }

    /// <summary>Sends everything from the first message on until the last, or until another attempt takes over.</summary>
    public async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        var signal = new AsyncSignal();
        Attach(signal)?.Set();
        using var registration = cancellationToken.UnsafeRegister(static state => ((AsyncSignal)state!).Set(), signal);
        for (var index = 0; ; index++)
        {
            FrameBuffer? frame;
            while (!TryNext(signal, index, out frame))
            {
                // Flushing only when there is nothing to add lets messages that come fast share a packet.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                await signal.WaitAsync().ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (frame is null)
            {
                return;
            }

            await frame.WriteToAsync(stream, cancellationToken).ConfigureAwait(false);
            Sent(signal);
        }
    }

    AsyncSignal? Attach(AsyncSignal signal)
    {
        lock (_gate)
        {
            var replaced = _attempt;
            _attempt = signal;
            _attempts++;
            _sent = 0;
            _sending = false;
            return replaced;
        }
    }

    /// <returns>False: nothing yet. True with null: no more.</returns>
    bool TryNext(AsyncSignal signal, int index, out FrameBuffer? frame)
    {
        lock (_gate)
        {
            frame = null;
            if (_aborted || _attempt != signal)
            {
                throw new OperationCanceledException("The attempt is over.");
            }

            if (index < _dropped)
            {
                throw new IOException("The connection was lost after messages had been sent that are no longer kept.");
            }

            if (index < _added)
            {
                frame = _frames[index - _dropped];
                _sending = true;
                return true;
            }

            return _completed;
        }
    }

    void Sent(AsyncSignal signal)
    {
        lock (_gate)
        {
            if (_attempt != signal)
            {
                return;
            }

            _sending = false;
            _sent++;
            DropSent();
        }

        _writer.Set();
    }

    bool IsSent(int number)
    {
        lock (_gate)
        {
            return _aborted || _sent >= number;
        }
    }

    void Hold(long length)
    {
        if (!_keep || budget is null)
        {
            return;
        }

        if (budget.TryTake(_held, length))
        {
            _held += length;
        }
        else
        {
            CommitCore();
        }
    }

    void CommitCore()
    {
        _keep = false;
        ReturnBudget();
        DropSent();
    }

    void DropSent()
    {
        if (_keep || _sent == _dropped || _aborted)
        {
            return;
        }

        var count = _sent - _dropped;
        for (var index = 0; index < count; index++)
        {
            Recycle(_frames[index], unread: true);
        }

        _frames.RemoveRange(0, count);
        _dropped = _sent;
    }

    void Recycle(FrameBuffer frame, bool unread)
    {
        if (unread && _attempts <= 1)
        {
            frame.Reset();
            _spare ??= frame;
        }
    }

    void ReturnBudget()
    {
        budget?.Return(_held);
        _held = 0;
    }
}
