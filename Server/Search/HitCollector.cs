using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Search;

/// <summary>Gathers the files that fit into hits, within a budget of files and time.</summary>
/// <param name="candidates">Files that are gathered at most.</param>
/// <param name="enough">So many hits make a page, whatever comes behind them; <see cref="int.MaxValue"/> if that is only known in the end.</param>
sealed class HitCollector(HitFilter filter, SearchLimits limits, int candidates, int enough, SearchClock clock) : IDisposable
{
    /// <summary>Files whose roots are fetched ahead at once.</summary>
    const int BatchSize = 32;

    /// <summary>Worse than all kinds of match.</summary>
    const MatchKind None = MatchKind.Fuzzy + 1;

    readonly FoundFile[] _batch = new FoundFile[BatchSize];
    readonly HitTable _hits = new();
    MatchKind _worst = None;
    MatchKind _needless = None;
    int _batched;
    int _files;
    bool _isFull;
    bool _isSettled;
    bool _isCut;
    bool _isUncounted;

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

    /// <summary>All that fits was counted.</summary>
    public bool IsWhole => !IsOver && !_isCut && !_isUncounted;

    /// <summary>The budget ran out before the page was certain.</summary>
    public bool IsTruncated => (IsOver || _isCut) && !_isSettled;

    public void Add(in FoundFile file)
    {
        if (!filter.Admits(file.Peer, file.File))
        {
            return;
        }

        if (file.Match >= _needless)
        {
            _isUncounted = true;
            return;
        }

        if (_files >= Limit)
        {
            _isCut |= file.Match >= _worst;
            _isFull |= file.Match < _worst || _worst == None;
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

    /// <summary>
    /// What comes now is of all kinds in no order. Beyond the budget the worst is left out, and once better kinds make the page and enough
    /// is counted, whatever is worse.
    /// </summary>
    /// <param name="worst">From this kind on.</param>
    public void TakeAllKinds(MatchKind worst) => _worst = worst;

    /// <summary>All kinds have come; false if the budget was too small for the better ones, and all is to be done again in their order.</summary>
    public bool EndAllKinds()
    {
        Flush();
        var isDone = !_isFull || clock.IsOver;
        if (!isDone)
        {
            _hits.Clear();
            (_files, _isFull, _isCut, _isUncounted) = (0, false, false, false);
        }

        _isSettled |= isDone && !clock.IsOver && _needless <= _worst;
        (_worst, _needless) = (None, None);
        return isDone;
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
        if (_worst != None && _files >= Math.Min(limits.Counted, Limit))
        {
            FindNeedless();
        }
    }

    /// <summary>Kinds whose hits stand behind a page of better ones.</summary>
    void FindNeedless()
    {
        var hits = 0;
        for (var kind = 0; kind < _hits.ByKind.Length && _needless == None; kind++)
        {
            hits += _hits.ByKind[kind];
            if (hits >= enough)
            {
                _needless = (MatchKind)(kind + 1);
            }
        }
    }
}
