namespace Grpc.Net.Client.Retries;

/// <summary>Bytes that the calls of a channel may keep to send again. Null limits are none.</summary>
sealed class RetryBudget(long? perCall, long? perChannel)
{
    long _used;

    /// <param name="held">What the call holds already.</param>
    /// <param name="more">What it wants to add.</param>
    public bool TryTake(long held, long more)
    {
        if (held + more > perCall)
        {
            return false;
        }

        if (Interlocked.Add(ref _used, more) <= (perChannel ?? long.MaxValue))
        {
            return true;
        }

        Return(more);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
