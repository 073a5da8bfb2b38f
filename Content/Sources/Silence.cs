using Grpc.Core;

namespace P2P.Content;

/// <summary>The clock that runs while a source is waited for, joined with the caller's cancel.</summary>
sealed class Silence : IDisposable
{
    readonly CancellationTokenSource _clock;
    readonly CancellationTokenSource _both;
    readonly CancellationToken _caller;
    readonly TimeSpan _limit;
    readonly TimeProvider _time;
    long _started;
    int _since;

    public Silence(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        _limit = limit;
        _time = time;
        _started = time.GetTimestamp();
        _caller = caller;
        _clock = new CancellationTokenSource(limit, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, caller);
    }

    public CancellationToken Token => _both.Token;

    /// <summary>So many bytes came: with each further 16 KiB the clock starts again, so that a drop now and then is no progress.</summary>
    public void Came(int bytes)
    {
        _since += bytes;
        if (_since < TreeShape.BlockSize)
            return;
        _since = 0;
        _started = _time.GetTimestamp();
        _clock.CancelAfter(_limit);
    }

    /// <summary>We ourselves are busy: the clock stands still.</summary>
    /// <returns>What is left on it, for <see cref="GoOn"/>.</returns>
    public TimeSpan Pause()
    {
        _clock.CancelAfter(Timeout.InfiniteTimeSpan);
        TimeSpan left = _limit - _time.GetElapsedTime(_started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public void GoOn(TimeSpan left)
    {
        _started = _time.GetTimestamp() - (long)((_limit - left).TotalSeconds * _time.TimestampFrequency);
        _clock.CancelAfter(left);
    }

    /// <summary>Cancels whatever is under way.</summary>
    public void Stop() => _both.Cancel();

    /// <summary>The next message of a stream, or what failed at the source; neither at the end.</summary>
    public async ValueTask<(T? Message, FetchFailure? Failure)> NextAsync<T>(IAsyncStreamReader<T> stream)
        where T : class
    {
        try
        {
            return await stream.MoveNext(Token).ConfigureAwait(false) ? (stream.Current, null) : default;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            return (null, FailureOf(e));
        }
    }

    /// <summary>What an exception of a call says of the source.</summary>
    /// <exception cref="OperationCanceledException">It was the caller's own cancel.</exception>
    public FetchFailure FailureOf(Exception exception)
    {
        _caller.ThrowIfCancellationRequested();
        if (!_clock.IsCancellationRequested && exception is RpcException error)
            return FetchFailure.Of(error);
        return exception is IOException or HttpRequestException && !_clock.IsCancellationRequested
            ? new FetchFailure(FetchFault.Unavailable, "The connection to the source broke.")
            : new FetchFailure(FetchFault.Silent, $"The source was silent for {_limit.TotalSeconds:0.#} seconds.");
    }

    public void Dispose()
    {
        _both.Dispose();
        _clock.Dispose();
    }
}
