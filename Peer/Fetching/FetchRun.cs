using System.Collections.Concurrent;
using P2P.Content;
using P2P.Peers.Finding;

namespace P2P.Peers.Fetching;

/// <summary>
/// Fetches many files in one run over the same connections: small ones several at a time, large ones one after another,
/// for each of them takes all its sources already.
/// </summary>
/// <param name="fetcher">Fetches one.</param>
/// <param name="sink">Told each result as it comes, from several threads.</param>
public sealed class FetchRun(FileFetcher fetcher, Action<FileResult> sink) : IDisposable
{
    const int SmallAtOnce = 8;

    /// <summary>Up to here a file counts as small: all that are under way together cost a kill no more than one large file.</summary>
    const long SmallLength = 1024 * 1024;

    readonly SemaphoreSlim _large = new(1);
    readonly ConcurrentDictionary<string, bool> _unsynced = new();

    /// <summary>Fetches all; returns when every file is done or given up, and the folders of finished ones are synced.</summary>
    /// <param name="searches">Each finds one or more files; a search that throws ends the run.</param>
    /// <param name="target">Full path for a file.</param>
    /// <param name="cancellation">The caller's cancel; parts stay.</param>
    public async Task FetchAsync(
        IEnumerable<Func<CancellationToken, Task<IReadOnlyList<WantedFile>>>> searches, Func<WantedFile, string> target, CancellationToken cancellation)
    {
        ParallelOptions several = new() { MaxDegreeOfParallelism = SmallAtOnce, CancellationToken = cancellation };
        try
        {
            await Parallel.ForEachAsync(searches, several, async (search, stop) =>
            {
                IReadOnlyList<WantedFile> found = await search(stop);
                if (found.Count == 1)
                    await FetchOneAsync(found[0], target(found[0]), stop);
                else
                    await Parallel.ForEachAsync(found, new ParallelOptions { MaxDegreeOfParallelism = SmallAtOnce, CancellationToken = stop },
                        async (file, end) => await FetchOneAsync(file, target(file), end));
            });
        }
        finally
        {
            foreach (string folder in _unsynced.Keys)
                Disk.FlushFolder(folder);
        }
    }

    public void Dispose() => _large.Dispose();

    async Task FetchOneAsync(WantedFile file, string target, CancellationToken cancellation)
    {
        bool small = file.Content.Length <= SmallLength;
        if (!small)
            await _large.WaitAsync(cancellation);
        try
        {
            FileResult result = await fetcher.FetchAsync(file, target, syncFolder: !small, cancellation);
            if (small && result.Problem is null)
                _unsynced.TryAdd(Path.GetDirectoryName(target)!, true);
            sink(result);
        }
        finally
        {
            if (!small)
                _large.Release();
        }
    }
}
