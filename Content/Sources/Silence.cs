using Grpc.Core;

namespace P2P.Content;

/// <summary>The clock that runs while a source is waited for, joined with the caller's cancel.</summary>
sealed class Silence : IDisposable
{
    readonly CancellationTokenSource _clock;
    readonly CancellationTokenSource _both;
    readonly CancellationToken _caller;
    readonly TimeSpan _limit;

    public Silence(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        _limit = limit;
        _caller = caller;
        _clock = new CancellationTokenSource(limit, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, caller);
    }

    public CancellationToken Token => _both.Token;

    /// <summary>The source did something: the clock starts again.</summary>
    public void Broken() => _clock.CancelAfter(_limit);

    /// <summary>We ourselves are busy: the clock stands still until <see cref="Broken"/>.</summary>
    public void Pause() => _clock.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Cancels whatever is under way.</summary>
    public void Stop() => _both.Cancel();

    /// <summary>What an exception of a call says of the source.</summary>
    /// <exception cref="OperationCanceledException">It was the caller's own cancel.</exception>
    public FetchFailure FailureOf(Exception exception)
    {
        _caller.ThrowIfCancellationRequested();
        return exception is RpcException error && !_clock.IsCancellationRequested
            ? FetchFailure.Of(error)
            : new FetchFailure(FetchFault.Silent, $"The source was silent for {_limit.TotalSeconds:0.#} seconds.");
    }

    public void Dispose()
    {
        _both.Dispose();
        _clock.Dispose();
    }
}
