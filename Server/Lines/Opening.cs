using Grpc.Core;
using Grpc.Validation;
using static Google.Rpc.BadRequest.Types;

namespace P2P.Server.Lines;

/// <summary>The first message of a long stream: it has to come soon.</summary>
static class Opening
{
    /// <summary>Reads it; null where the stream ended without one.</summary>
    /// <exception cref="RpcException">It did not come in time.</exception>
    public static async Task<T?> ReadAsync<T>(IAsyncStreamReader<T> reader, int seconds, TimeProvider time, CancellationToken cancellationToken)
        where T : class
    {
        using var patience = new IdleLimit(TimeSpan.FromSeconds(seconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await reader.MoveNext(either.Token).ConfigureAwait(false) ? reader.Current : null;
        }
        catch (Exception stopped) when (patience.Token.IsCancellationRequested && stopped is OperationCanceledException or RpcException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"The first message did not come within {seconds} s."));
        }
    }

    /// <summary>What a stream is told that does not begin as it must.</summary>
    public static RpcException Violation(string field, string description) =>
        InvalidRequest.ToRpcException([new FieldViolation { Field = field, Description = description }]);
}
