namespace P2P.Peers.Sharing;

/// <summary>Keeps the catalog up to date: at start, when the watchers tell of changes, when asked, and from time to time.</summary>
sealed class SharingService(
    IReadOnlyList<SharedFolder> folders,
    ShareIndexer indexer,
    CatalogState state,
    ScanRequests requests,
    SharingOptions options,
    TimeProvider time,
    ILogger<SharingService> log) : BackgroundService
{
    static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(100);

    readonly List<FolderWatcher> _watchers = [];
    long _lastFullScan;

    /// <summary>Folders that the system does not watch for us.</summary>
    public int UnwatchedFolders => _watchers.Count(watcher => !watcher.IsWatching);

    public override void Dispose()
    {
        _watchers.ForEach(watcher => watcher.Dispose());
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        _watchers.AddRange(folders.Select(folder => FolderWatcher.Start(folder, requests, log)));

        IReadOnlyCollection<ScanScope> scopes = WholeFolders();
        for (var round = 1; !stoppingToken.IsCancellationRequested; round++)
        {
            var later = await UpdateAsync(scopes, stoppingToken).ConfigureAwait(false);
            // Files that were written a moment ago settle before the first round counts as over; those that go on changing do not hold it up.
            if (later.Count == 0 || round > 1)
            {
                state.Complete();
            }

            scopes = await NextScopesAsync(later, stoppingToken).ConfigureAwait(false);
        }
    }

    async Task<IReadOnlyCollection<ScanScope>> UpdateAsync(IReadOnlyCollection<ScanScope> scopes, CancellationToken stoppingToken)
    {
        if (scopes.All(scope => scope.Relative.Length == 0))
        {
            _lastFullScan = time.GetTimestamp();
        }

        try
        {
            return await indexer.UpdateAsync(scopes, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            SharingLog.UpdateFailed(log, error);
            return scopes;
        }
    }

    async Task<IReadOnlyCollection<ScanScope>> NextScopesAsync(IReadOnlyCollection<ScanScope> later, CancellationToken stoppingToken)
    {
        var interval = UnwatchedFolders > 0 ? options.UnwatchedRescanInterval : options.RescanInterval;
        var untilFullScan = interval - time.GetElapsedTime(_lastFullScan);
        var retry = options.SettleTime > ShortestRetry ? options.SettleTime : ShortestRetry;
        var patience = later.Count > 0 && retry < untilFullScan ? retry : untilFullScan;
        var taken = await requests.TakeAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, stoppingToken).ConfigureAwait(false);
        var isFullScanDue = time.GetElapsedTime(_lastFullScan) >= interval;
        return isFullScanDue ? WholeFolders() : ScanScope.Reduce(taken.Concat(later), ScanRequests.MostScopes);
    }

    List<ScanScope> WholeFolders() => [.. folders.Select(ScanScope.Whole)];
}
