using System.Collections.Concurrent;
using P2P.Content;
using P2P.Peers.Finding;

namespace P2P.Peers.Fetching;

/// <summary>
/// Fetches many files in one run over the same connections: the smallest in batches, small ones several at a time, large ones one after
/// another, for each of them takes all its sources already.
/// </summary>
/// <param name="fetcher">Fetches one.</param>
/// <param name="batches">Fetches many small ones together.</param>
/// <param name="sink">Told results as they come, from several threads.</param>
public sealed class FetchRun(FileFetcher fetcher, BatchFetcher batches, Action<IReadOnlyList<FileResult>> sink) : IDisposable
{
    const int SmallAtOnce = 8;
    const int BatchesAtOnce = 4;

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
        try
        {
            await Parallel.ForEachAsync(searches, Several(SmallAtOnce, cancellation), async (search, stop) =>
                await FetchFoundAsync(await search(stop), target, stop));
        }
        finally
        {
            foreach (string folder in _unsynced.Keys)
                Disk.FlushFolder(folder);
        }
    }

    public void Dispose() => _large.Dispose();

    async Task FetchFoundAsync(IReadOnlyList<WantedFile> found, Func<WantedFile, string> target, CancellationToken cancellation)
    {
        List<List<WantedFile>> together = BatchFetcher.Split(found, out List<WantedFile> rest);
        ConcurrentBag<WantedFile> left = [.. rest];
        await Parallel.ForEachAsync(together, Several(BatchesAtOnce, cancellation), async (batch, stop) =>
        {
            foreach (WantedFile file in await batches.FetchAsync(batch, target, Tell, stop))
                left.Add(file);
        });
        await Parallel.ForEachAsync(left, Several(SmallAtOnce, cancellation), async (file, stop) => await FetchOneAsync(file, target(file), stop));
    }

    async Task FetchOneAsync(WantedFile file, string target, CancellationToken cancellation)
    {
        bool small = file.Content.Length <= SmallLength;
        if (!small)
            await _large.WaitAsync(cancellation);
        try
        {
            FileResult result = await fetcher.FetchAsync(file, target, syncFolder: !small, cancellation);
            if (small)
                Tell([result]);
            else
                sink([result]);
        }
        finally
        {
            if (!small)
                _large.Release();
        }
    }

    // The folders of small files are synced at the end, once for all.
    void Tell(IReadOnlyList<FileResult> results)
    {
        string? last = null;
        foreach (FileResult result in results.Where(result => result.Problem is null))
        {
            string folder = Path.GetDirectoryName(result.Target)!;
            if (folder != last)
                _unsynced.TryAdd(last = folder, true);
        }

        sink(results);
    }

    static ParallelOptions Several(int atOnce, CancellationToken cancellation) => new() { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation };
}
