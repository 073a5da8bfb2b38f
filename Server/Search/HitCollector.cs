namespace P2P.Server.Search;

/// <summary>Gathers the files that fit into hits, within a budget of files and time.</summary>
/// <param name="candidates">Files that are gathered at most.</param>
sealed class HitCollector(HitFilter filter, SearchLimits limits, int candidates, SearchClock clock) : IDisposable
{
    /// <summary>Files whose roots are fetched ahead at once.</summary>
    const int BatchSize = 32;

    readonly FoundFile[] _batch = new FoundFile[BatchSize];
    readonly HitTable _hits = new();
    int _batched;
    int _files;
    bool _isFull;
    bool _isSettled;

    /// <summary>Files that are gathered at most.</summary>
    public int Limit { get; private set; } = candidates;

    public HitTable Hits
    {
        get
        {
            Flush();
            return _hits;
        }
    }

    /// <summary>There are more files than were gathered, or time has run out.</summary>
    public bool IsOver => _isFull || clock.IsOver;

    /// <summary>The budget ran out before the page was certain.</summary>
    public bool IsTruncated => IsOver && !_isSettled;

    public void Add(in FoundFile file)
    {
        if (!filter.Admits(file.Peer, file.File))
        {
            return;
        }

        if (_files >= Limit)
        {
            _isFull = true;
            return;
        }

        _files++;
        if (file.HasRoot)
        {
            Ahead.Fetch(in file.Root);
        }

        _batch[_batched++] = file;
        if (_batched == BatchSize)
        {
            Flush();
        }
    }

    /// <summary>The page is certain: nothing better can come. What is still gathered only counts.</summary>
    public void Settle()
    {
        _isSettled = true;
        Limit = Math.Min(Limit, limits.Counted);
        _isFull |= _files > Limit;
    }

    public void Dispose() => _hits.Dispose();

    void Flush()
    {
        for (var i = 0; i < _batched; i++)
        {
            _hits.Add(_batch[i]);
        }

        _batched = 0;
    }
}
