using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>Brings the catalog up to date with the folders. Used by one loop at a time.</summary>
sealed class ShareIndexer(
    CatalogState state, FileHashing hashing, SharingProgress progress, SharingOptions options, TimeProvider time, ILogger log)
{
    readonly Dictionary<string, SharedFile> _files = new(StringComparer.Ordinal);
    readonly HashSet<ScanScope> _later = [];

    /// <summary>What was passed over by the last update.</summary>
    public ScanTally Tally { get; private set; } = new();

    /// <summary>Looks at parts of the folders again.</summary>
    /// <returns>Files that are being written: look at them again soon.</returns>
    /// <remarks>
    /// 1. Scan: files in a known state stay, others take their content from the cache or wait for hashing.
    /// 2. What is gone leaves the catalog; so does a file in a new state, for its old content is gone too.
    /// 3. Show that to readers.
    /// 4. Hash what waits; show what is done from time to time, and at the end.
    /// </remarks>
    public async Task<IReadOnlyCollection<ScanScope>> UpdateAsync(
        IReadOnlyCollection<ScanScope> scopes, CancellationToken cancellationToken)
    {
        progress.Begin();
        _later.Clear();
        var tally = new ScanTally();
        Tally = tally;

        var waiting = new List<ScannedFile>();
        var isChanged = false;
        foreach (var scope in scopes)
        {
            isChanged |= Scan(scope, tally, waiting, cancellationToken);
        }

        if (isChanged)
        {
            state.Show(_files);
        }

        await HashAsync(waiting, tally, cancellationToken).ConfigureAwait(false);
        progress.End(_later.Count);
        Report(tally);
        return [.. _later];
    }

    bool Scan(ScanScope scope, ScanTally tally, List<ScannedFile> waiting, CancellationToken cancellationToken)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        var isChanged = false;
        foreach (var scanned in FolderScanner.Scan(scope.Folder, scope.Relative, tally))
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress.Found();
            var known = _files.GetValueOrDefault(scanned.Path);
            if (known?.Stamp == scanned.State.Stamp)
            {
                present.Add(scanned.Path);
            }
            else if (IsUnsettled(scanned.State.Stamp))
            {
                _later.Add(new ScanScope(scanned.Folder, scanned.Relative));
            }
            else if (hashing.FromCache(scanned) is { } shared)
            {
                present.Add(scanned.Path);
                _files[scanned.Path] = shared;
                isChanged = true;
            }
            else
            {
                progress.MustHash(scanned.State.Stamp.Length);
                waiting.Add(scanned);
            }
        }

        return RemoveAbsent(scope, present) || isChanged;
    }

    bool RemoveAbsent(ScanScope scope, HashSet<string> present)
    {
        var gone = _files.Values
            .Where(file => file.Folder == scope.Folder && scope.Holds(file.Relative) && !present.Contains(file.Path))
            .ToList();
        gone.ForEach(file => _files.Remove(file.Path));
        return gone.Count > 0;
    }

    async Task HashAsync(List<ScannedFile> waiting, ScanTally tally, CancellationToken cancellationToken)
    {
        if (waiting.Count == 0)
        {
            return;
        }

        var shown = time.GetTimestamp();
        await hashing.HashAsync(
            waiting,
            outcome =>
            {
                Take(outcome, tally);
                if (time.GetElapsedTime(shown) >= options.SnapshotInterval)
                {
                    state.Show(_files);
                    shown = time.GetTimestamp();
                }
            },
            cancellationToken).ConfigureAwait(false);
        state.Show(_files);
    }

    void Take(HashOutcome outcome, ScanTally tally)
    {
        switch (outcome.End)
        {
            case HashEnd.Hashed:
                _files[outcome.Scanned.Path] = outcome.Shared!;
                break;
            case HashEnd.Changing:
                _later.Add(new ScanScope(outcome.Scanned.Folder, outcome.Scanned.Relative));
                break;
            case HashEnd.Unreadable:
                tally.Skip(SkipReason.Unreadable, outcome.Scanned.Path);
                break;
            case HashEnd.Gone:
                break;
        }
    }

    // A change in the same tick of the file system's clock as the last one would leave no trace in the stamp.
    bool IsUnsettled(FileStamp stamp)
    {
        var age = (time.GetUtcNow() - DateTimeOffset.UnixEpoch) - TimeSpan.FromTicks(stamp.Changed / 100);
        return age >= TimeSpan.Zero && age < options.SettleTime;
    }

    void Report(ScanTally tally)
    {
        foreach (var reason in Enum.GetValues<SkipReason>())
        {
            if (tally.Count(reason) > 0)
            {
                SharingLog.Skipped(log, tally.Count(reason), reason, tally.Example(reason) ?? "");
            }
        }
    }
}
