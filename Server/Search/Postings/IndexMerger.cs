using System.Threading.Channels;

namespace P2P.Server.Search.Postings;

/// <summary>Tidies up behind the changes of the index: one worker, one piece of work at a time, at most one more asked for.</summary>
sealed class IndexMerger(NameIndex index, TimeProvider time) : BackgroundService
{
    /// <summary>So long without a change is quiet.</summary>
    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

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
        while (!stoppingToken.IsCancellationRequested && index.MergeOnce(isQuiet))
        {
        }
    }

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
