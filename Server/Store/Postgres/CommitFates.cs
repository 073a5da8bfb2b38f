using System.Collections.Concurrent;

namespace P2P.Server.Store.Postgres;

/// <summary>
/// What became of this directory's own commits. Their callers apply what was acknowledged; what was not, and is found in the log all
/// the same, is applied by whoever follows the log. So each is applied once.
/// </summary>
sealed class CommitFates
{
    /// <summary>Fates remembered for a follower that lags.</summary>
    const int MostRemembered = 100_000;

    readonly ConcurrentDictionary<long, TaskCompletionSource<bool>> _fates = new();

    public void Begin(long commit)
    {
        _fates[commit] = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _fates.TryRemove(commit - MostRemembered, out _);
    }

    public void End(long commit, bool isAcknowledged)
    {
        if (_fates.TryGetValue(commit, out var fate))
        {
            fate.TrySetResult(isAcknowledged);
        }
    }

    /// <summary>Whether the caller of that commit was told that it is done, once this is known; asked once for each.</summary>
    public async Task<bool> IsAcknowledgedAsync(long commit, CancellationToken cancellationToken)
    {
        if (!_fates.TryGetValue(commit, out var fate))
        {
            return true;
        }

        var isAcknowledged = await fate.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        _fates.TryRemove(commit, out _);
        return isAcknowledged;
    }
}
