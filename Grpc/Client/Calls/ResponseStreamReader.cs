namespace Grpc.Net.Client.Calls;

sealed class ResponseStreamReader<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    public TResponse Current => call.Current
        ?? throw new InvalidOperationException("There is no current message: MoveNext has not returned true.");

    /// <param name="cancellationToken">Cancels the whole call.</param>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return await call.MoveNextAsync().ConfigureAwait(false);
        }

        using var registration = cancellationToken.UnsafeRegister(
            static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), call);
        return await call.MoveNextAsync().ConfigureAwait(false);
    }
}
