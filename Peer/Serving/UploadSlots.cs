namespace P2P.Peers.Serving;

/// <summary>Limits how many Download calls are served at once.</summary>
/// <param name="count">How many; at least 1.</param>
sealed class UploadSlots(int count)
{
    int _free = count;

    public int Count { get; } = count;

    public int Free => Math.Max(0, Volatile.Read(ref _free));

    /// <summary>Takes a slot until disposal; null if none is free.</summary>
    public IDisposable? TryTake()
    {
        if (Interlocked.Decrement(ref _free) >= 0)
        {
            return new Slot(this);
        }

        Interlocked.Increment(ref _free);
        return null;
    }

    sealed class Slot(UploadSlots owner) : IDisposable
    {
        int _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            {
                Interlocked.Increment(ref owner._free);
            }
        }
    }
}
