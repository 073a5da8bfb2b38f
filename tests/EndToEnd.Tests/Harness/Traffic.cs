namespace P2P.EndToEnd.Tests.Harness;

/// <summary>What went past one or several proxies: counts the bytes, and can hold them up at a mark.</summary>
public sealed class Traffic
{
    long _downstream;
    long _holdAt = long.MaxValue;
    long _flipAt = long.MaxValue;
    TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Bytes that targets sent and that were passed on, over all connections.</summary>
    public long Downstream => Volatile.Read(ref _downstream);

    /// <summary>Stops passing bytes on once this many went past in all; completes when that happens.</summary>
    public Task HoldAt(long bytes)
    {
        _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _holdAt, bytes);
        return _held.Task;
    }

    /// <summary>Lets the bytes flow again.</summary>
    public void Release()
    {
        Volatile.Write(ref _holdAt, long.MaxValue);
        _released.TrySetResult();
    }

    /// <summary>Flips one bit of the byte that goes past next after this many.</summary>
    public void FlipBitAt(long bytes) => Volatile.Write(ref _flipAt, bytes);

    /// <summary>These bytes are about to go past.</summary>
    internal async Task PassAsync(byte[] buffer, int count)
    {
        var past = Interlocked.Add(ref _downstream, count);
        if (past > Volatile.Read(ref _flipAt))
        {
            Volatile.Write(ref _flipAt, long.MaxValue);
            buffer[count - 1] ^= 1;
        }

        if (past >= Volatile.Read(ref _holdAt))
        {
            _held.TrySetResult();
            await _released.Task;
        }
    }
}
