namespace P2P.Server.Search;

/// <summary>Gathers the files that fit into hits, within a budget of files and time.</summary>
/// <param name="candidates">Files that are gathered at most.</param>
sealed class HitCollector(HitFilter filter, SearchLimits limits, int candidates, TimeProvider time)
{
    const int LooksBetweenClocks = 256;

    readonly long _started = time.GetTimestamp();
    int _files;
    int _looks;
    bool _isSettled;

    /// <summary>Files that are gathered at most.</summary>
    public int Limit { get; private set; } = candidates;

    public HitTable Hits { get; } = new();

    /// <summary>There are more files than were gathered, or time has run out.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The budget ran out before the page was certain.</summary>
    public bool IsTruncated => IsOver && !_isSettled;

    /// <summary>To be called for every few names looked at, fitting or not.</summary>
    public void Look()
    {
        if (++_looks % LooksBetweenClocks == 0 && time.GetElapsedTime(_started).TotalMilliseconds > limits.Milliseconds)
        {
            IsOver = true;
        }
    }

    public void Add(in FoundFile file)
    {
        if (!filter.Admits(file.Peer, file.File))
        {
            return;
        }

        if (_files >= Limit)
        {
            IsOver = true;
            return;
        }

        _files++;
        Hits.Add(file);
    }

    /// <summary>The page is certain: nothing better can come. What is still gathered only counts.</summary>
    public void Settle()
    {
        _isSettled = true;
        Limit = Math.Min(Limit, limits.Counted);
        IsOver |= _files > Limit;
    }
}
