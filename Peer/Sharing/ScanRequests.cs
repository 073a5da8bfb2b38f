namespace P2P.Peers.Sharing;

/// <summary>Collects what must be looked at again, from any thread, until the indexer takes it.</summary>
sealed class ScanRequests(SharingOptions options, TimeProvider time)
{
    /// <summary>With more parts than this of one folder, a scan of all of it is cheaper.</summary>
    public const int MostScopes = 1000;

    readonly Lock _lock = new();
    readonly HashSet<ScanScope> _waiting = [];
    TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(ScanScope scope)
    {
        lock (_lock)
        {
            if (_waiting.Count >= MostScopes)
            {
                _waiting.RemoveWhere(other => other.Folder == scope.Folder);
                scope = ScanScope.Whole(scope.Folder);
            }

            if (!_waiting.Contains(ScanScope.Whole(scope.Folder)))
            {
                _waiting.Add(scope);
            }

            _arrived.TrySetResult();
        }
    }

    /// <summary>Waits for requests, then until they pause, and takes them. Empty if none came in time.</summary>
    public async Task<IReadOnlyList<ScanScope>> TakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!await ArrivesWithinAsync(patience, cancellationToken).ConfigureAwait(false))
        {
            return [];
        }

        var start = time.GetTimestamp();
        do
        {
            lock (_lock)
            {
                _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
        while (await ArrivesWithinAsync(options.QuietTime, cancellationToken).ConfigureAwait(false)
            && time.GetElapsedTime(start) < options.LongestQuietTime);

        lock (_lock)
        {
            var taken = ScanScope.Reduce(_waiting, MostScopes);
            _waiting.Clear();
            _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return taken;
        }
    }

    async Task<bool> ArrivesWithinAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Task arrived;
        lock (_lock)
        {
            arrived = _arrived.Task;
        }

        try
        {
            await arrived.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
