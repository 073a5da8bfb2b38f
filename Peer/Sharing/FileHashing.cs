using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>How hashing a file ended.</summary>
enum HashEnd
{
    /// <summary>It has a root.</summary>
    Hashed,

    /// <summary>It changed meanwhile: try later.</summary>
    Changing,

    /// <summary>It is no regular file any more.</summary>
    Gone,

    /// <summary>The system did not let us read it.</summary>
    Unreadable,
}

/// <summary>What became of hashing one file.</summary>
/// <param name="Scanned">The file.</param>
/// <param name="End">How it ended.</param>
/// <param name="Shared">Set when it is hashed.</param>
sealed record HashOutcome(ScannedFile Scanned, HashEnd End, SharedFile? Shared = null);

/// <summary>Gives files their content: from the cache, or by reading them.</summary>
sealed class FileHashing(HashCache cache, SharingProgress progress, int threads) : IDisposable
{
    // Small files are hashed side by side; a large one is given all threads, one at a time, for disks like that best.
    const long LargeFile = 8 * 1024 * 1024;

    readonly SemaphoreSlim _large = new(1);

    public void Dispose() => _large.Dispose();

    /// <summary>The file as it is shared, if it was hashed before in this state.</summary>
    public SharedFile? FromCache(ScannedFile scanned) => scanned.IsEmptyFolder
        ? new SharedFile(scanned.Folder, scanned.Path, ContentId.Empty, scanned.State.Stamp, Executable: false)
        : cache.Find(scanned.FullPath, scanned.State.Stamp) is { } content
                ? new SharedFile(scanned.Folder, scanned.Path, content, scanned.State.Stamp, scanned.State.Executable)
                : null;

    /// <summary>Reads and hashes files; outcomes come one at a time, as files are done.</summary>
    public async Task HashAsync(
        IEnumerable<ScannedFile> files, Action<HashOutcome> done, CancellationToken cancellationToken)
    {
        var one = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(files, options, async (file, token) =>
        {
            var outcome = await HashAsync(file, token).ConfigureAwait(false);
            progress.Hashed();
            lock (one)
            {
                done(outcome);
            }
        }).ConfigureAwait(false);
        cache.Flush();
    }

    async Task<HashOutcome> HashAsync(ScannedFile scanned, CancellationToken cancellationToken)
    {
        var isLarge = scanned.State.Stamp.Length >= LargeFile;
        if (isLarge)
        {
            await _large.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await ReadAsync(scanned, isLarge ? threads : 1, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return new HashOutcome(scanned, HashEnd.Unreadable);
        }
        finally
        {
            if (isLarge)
            {
                _large.Release();
            }
        }
    }

    async Task<HashOutcome> ReadAsync(ScannedFile scanned, int atOnce, CancellationToken cancellationToken)
    {
        using var file = ShareOpener.Open(scanned.Folder.FullPath, scanned.Relative, out var state);
        if (file is null)
        {
            return new HashOutcome(scanned, HashEnd.Gone);
        }

        if (await FileHasher.HashAsync(file, atOnce, progress, cancellationToken, keepBlocks: true).ConfigureAwait(false) is not { } hash)
        {
            return new HashOutcome(scanned, HashEnd.Changing);
        }

        cache.Store(scanned.FullPath, hash);
        var shared = new SharedFile(scanned.Folder, scanned.Path, hash.Content, hash.Stamp, state.Executable);
        return new HashOutcome(scanned, HashEnd.Hashed, shared);
    }
}
