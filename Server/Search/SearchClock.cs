namespace P2P.Server.Search;

/// <summary>
/// What one search may take: so much time, and so many looks at blocks of names and at names that have the probe. Whoever looks says so; the clock
/// is read once in a while.
/// </summary>
/// <param name="looks">How many at most.</param>
sealed class SearchClock(SearchLimits limits, TimeProvider time, int looks)
{
    const int LooksBetweenClocks = 256;

    readonly long _started = time.GetTimestamp();
    int _looks;

    /// <summary>It has run out.</summary>
    public bool IsOver { get; private set; }

    /// <summary>To be called for every few names looked at, fitting or not.</summary>
    public void Look()
    {
        _looks++;
        if (_looks >= looks || (_looks % LooksBetweenClocks == 0 && time.GetElapsedTime(_started).TotalMilliseconds > limits.Milliseconds))
        {
            IsOver = true;
        }
    }
}
