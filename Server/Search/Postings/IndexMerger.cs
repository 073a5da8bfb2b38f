using System.Threading.Channels;

namespace P2P.Server.Search.Postings;

/// <summary>Tidies up behind the changes of the index: one worker, one piece of work at a time, at most one more asked for.</summary>
sealed partial class IndexMerger(NameIndex index, TimeProvider time, ILogger<IndexMerger> log) : BackgroundService
{
    /// <summary>With fewer names there is not enough memory to give back to be worth a pause.</summary>
    const int ManyFiles = 1_000_000;

    /// <summary>Bytes that were allocated since memory was last given back, before it is again.</summary>
    const long MuchGarbage = 1L << 30;

    /// <summary>So long without a change is quiet.</summary>
    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    long _allocated;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        index.Changed = () => _changes.Writer.TryWrite(true);
        try
        {
            var isQuiet = true;
            while (true)
            {
                // Long work, and the pool's threads are there for calls.
                await Task.Factory.StartNew(
                    () => Merge(isQuiet, stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
                isQuiet = !await ChangedAsync(isQuiet, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
        finally
        {
            index.Changed = null;
        }
    }

    void Merge(bool isQuiet, CancellationToken stoppingToken)
    {
        var began = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested && index.MergeOnce(isQuiet))
        {
        }

        if (isQuiet && !stoppingToken.IsCancellationRequested && GC.GetTotalAllocatedBytes() - _allocated >= MuchGarbage)
        {
            GiveBack(time.GetElapsedTime(began));
        }
    }

    /// <summary>
    /// What a start or a flood of changes has left behind is given back to the system: the directory stands still for a tenth of a second or two, and
    /// takes half as much memory afterwards.
    /// </summary>
    void GiveBack(TimeSpan merging)
    {
        var files = index.Snapshot.TailFiles + index.Snapshot.Parts.Sum(part => (long)part.FileCount);
        if (files >= ManyFiles)
        {
            var began = time.GetTimestamp();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _allocated = GC.GetTotalAllocatedBytes();
            var giving = time.GetElapsedTime(began);
            Indexed(log, files, merging, giving);
        }
    }

    [LoggerMessage(EventId = 310, Level = LogLevel.Information, Message = "The index of {Files} names is in order after {Merging}; giving memory back took {Giving}.")]
    static partial void Indexed(ILogger logger, long files, TimeSpan merging, TimeSpan giving);

    /// <summary>Waits for a change; once all is tidy for as long as it takes, before that until it is quiet.</summary>
    async Task<bool> ChangedAsync(bool wasQuiet, CancellationToken stoppingToken)
    {
        if (wasQuiet)
        {
            return await _changes.Reader.ReadAsync(stoppingToken).ConfigureAwait(false);
        }

        using var late = new CancellationTokenSource(Quiet, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stoppingToken);
        try
        {
            return await _changes.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
