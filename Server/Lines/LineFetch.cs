using System.Threading.Channels;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Lines;

/// <summary>
/// One fetch that a daemon was asked for. Only the newest progress is kept: a caller that reads slowly misses what is old, and a daemon
/// that tells much fills nothing.
/// </summary>
sealed class LineFetch(string id, bool detached, ControlLine line) : IDisposable
{
    readonly Channel<FetchResponse> _progress = Channel.CreateBounded<FetchResponse>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    volatile bool _ended;

    public string Id => id;

    /// <summary>The progress until its end, which is the last; throws what broke the line.</summary>
    public IAsyncEnumerable<FetchResponse> ReadAsync(CancellationToken cancellationToken) => _progress.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Takes what the daemon says.</summary>
    public void Take(FetchResponse progress)
    {
        if (_ended)
        {
            return;
        }

        _ended = progress.State is TransferState.Done or TransferState.Failed or TransferState.Cancelled;
        _progress.Writer.TryWrite(progress);
        if (_ended)
        {
            _progress.Writer.TryComplete();
        }
    }

    /// <summary>The line broke.</summary>
    public void Break(Exception reason)
    {
        _ended = true;
        _progress.Writer.TryComplete(reason);
    }

    /// <summary>Nobody reads any more: what has not ended is cancelled, unless it was to go on.</summary>
    public void Dispose() => line.Forget(this, cancel: !_ended && !detached);
}
