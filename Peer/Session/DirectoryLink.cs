using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.Session;

/// <summary>The calls of a session. All of them throw <see cref="RpcException"/>.</summary>
interface IDirectoryLink
{
    /// <summary>A nonce to prove the key with; null from a directory that has no Challenge.</summary>
    Task<byte[]?> ChallengeAsync(CancellationToken cancellationToken);

    Task<LoginResponse> LoginAsync(LoginRequest request, CancellationToken cancellationToken);

    Task<HeartbeatResponse> HeartbeatAsync(string token, HeartbeatRequest request, CancellationToken cancellationToken);

    Task<PublishResponse> PublishAsync(string token, IEnumerable<PublishRequest> batches, CancellationToken cancellationToken);

    Task LogoutAsync(string token, CancellationToken cancellationToken);

    /// <summary>The keys that sign tickets; none from a directory that gives no tickets.</summary>
    Task<TicketKeySet> KeysAsync(CancellationToken cancellationToken);
}

/// <summary>The calls, over gRPC.</summary>
sealed class DirectoryLink(P2P.Contracts.DirectoryV1.Directory.DirectoryClient client, TimeProvider time) : IDirectoryLink
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<byte[]?> ChallengeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var response = await client.ChallengeAsync(new ChallengeRequest(), Options(null, cancellationToken)).ConfigureAwait(false);
            return response.Nonce.ToByteArray();
        }
        catch (RpcException old) when (old.StatusCode == StatusCode.Unimplemented)
        {
            return null;
        }
    }

    public async Task<LoginResponse> LoginAsync(LoginRequest request, CancellationToken cancellationToken) =>
        await client.LoginAsync(request, Options(null, cancellationToken)).ConfigureAwait(false);

    public async Task<HeartbeatResponse> HeartbeatAsync(string token, HeartbeatRequest request, CancellationToken cancellationToken) =>
        await client.HeartbeatAsync(request, Options(token, cancellationToken)).ConfigureAwait(false);

    public async Task<PublishResponse> PublishAsync(
        string token, IEnumerable<PublishRequest> batches, CancellationToken cancellationToken)
    {
        // A large catalog takes its time; what must not take long is any single batch.
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => idle.Cancel(), null, Patience, Timeout.InfiniteTimeSpan);
        using var call = client.Publish(new CallOptions(Authorization(token), cancellationToken: idle.Token));
        try
        {
            await SendAsync(call.RequestStream, batches, timer).ConfigureAwait(false);
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (Exception stopped) when (idle.IsCancellationRequested && stopped is RpcException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "The directory took no batch for 30 s."));
        }
    }

    public async Task LogoutAsync(string token, CancellationToken cancellationToken) =>
        await client.LogoutAsync(new LogoutRequest(), Options(token, cancellationToken)).ConfigureAwait(false);

    public async Task<TicketKeySet> KeysAsync(CancellationToken cancellationToken)
    {
        try
        {
            return TicketKeySet.Of((await client.KeysAsync(new KeysRequest(), Options(null, cancellationToken)).ConfigureAwait(false)).Keys);
        }
        catch (RpcException old) when (old.StatusCode == StatusCode.Unimplemented)
        {
            return TicketKeySet.Empty;
        }
    }

    static async Task SendAsync(IClientStreamWriter<PublishRequest> stream, IEnumerable<PublishRequest> batches, ITimer timer)
    {
        try
        {
            foreach (var batch in batches)
            {
                await stream.WriteAsync(batch).ConfigureAwait(false);
                timer.Change(Patience, Timeout.InfiniteTimeSpan);
            }

            await stream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is InvalidOperationException or RpcException)
        {
            // The directory answered before the end of the stream: its answer, which says why, is read next.
            timer.Change(Patience, Timeout.InfiniteTimeSpan);
        }
    }

    CallOptions Options(string? token, CancellationToken cancellationToken) =>
        new(token is null ? null : Authorization(token), time.GetUtcNow().UtcDateTime + Patience, cancellationToken);

    static Metadata Authorization(string token) => new() { { "authorization", $"Bearer {token}" } };
}
