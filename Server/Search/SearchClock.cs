namespace P2P.Server.Search;

/// <summary>The time that one search may take. Whoever looks at names says so; the clock is read once in a while.</summary>
sealed class SearchClock(SearchLimits limits, TimeProvider time)
{
    const int LooksBetweenClocks = 256;

    readonly long _started = time.GetTimestamp();
    int _looks;

    /// <summary>It has run out.</summary>
    public bool IsOver { get; private set; }

    /// <summary>To be called for every few names looked at, fitting or not.</summary>
    public void Look()
    {
        if (++_looks % LooksBetweenClocks == 0 && time.GetElapsedTime(_started).TotalMilliseconds > limits.Milliseconds)
        {
            IsOver = true;
        }
    }
}
