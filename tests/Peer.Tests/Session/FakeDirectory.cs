using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Session;

namespace P2P.Peers.Tests.Session;

/// <summary>A directory that knows one peer.</summary>
sealed class FakeDirectory : IDirectoryLink
{
    public const int Lease = 60;

    readonly ConcurrentDictionary<string, string> _files = new();
    HeldCatalog _held = new("", 0);
    string _token = "";
    int _calls;

    public List<LoginRequest> Logins { get; } = [];

    public List<PublishRequest> Batches { get; } = [];

    public int Logouts { get; private set; }

    public int Calls => Volatile.Read(ref _calls);

    public bool HasChallenge { get; set; } = true;

    public RpcException? Failure { get; set; }

    public IEnumerable<string> Files => _files.Keys.Order(StringComparer.Ordinal);

    public void Forget()
    {
        (_token, _held) = ("", new("", 0));
        _files.Clear();
    }

    public Task WaitForFilesAsync(FakeTimeProvider? time, params string[] paths) =>
        Wait.UntilAsync(() => Files.SequenceEqual(paths), time);

    public Task<byte[]?> ChallengeAsync(CancellationToken cancellationToken)
    {
        Answer();
        return Task.FromResult(HasChallenge ? new byte[32] : null);
    }

    public Task<LoginResponse> LoginAsync(LoginRequest request, CancellationToken cancellationToken)
    {
        Logins.Add(request);
        _token = Guid.NewGuid().ToString();
        return Task.FromResult(new LoginResponse
        {
            Token = _token,
            PeerId = "peer",
            LeaseSeconds = Lease,
            RenewAfterSeconds = Lease / 3,
            CatalogId = _held.CatalogId,
            Sequence = _held.Sequence,
        });
    }

    public Task<HeartbeatResponse> HeartbeatAsync(string token, HeartbeatRequest request, CancellationToken cancellationToken)
    {
        Answer(token);
        return Task.FromResult(new HeartbeatResponse
        {
            LeaseSeconds = Lease,
            RenewAfterSeconds = Lease / 3,
            CatalogId = _held.CatalogId,
            Sequence = _held.Sequence,
        });
    }

    public Task<PublishResponse> PublishAsync(string token, IEnumerable<PublishRequest> batches, CancellationToken cancellationToken)
    {
        Answer(token);
        foreach (var batch in batches)
        {
            Batches.Add(batch);
            if (batch.Replace)
            {
                _files.Clear();
            }

            batch.Removes.ToList().ForEach(path => _files.TryRemove(path, out _));
            _held = new HeldCatalog(batch.CatalogId, batch.Sequence);
            batch.Upserts.ToList().ForEach(file => _files[file.Path] = file.Root);
        }

        return Task.FromResult(new PublishResponse { CatalogId = _held.CatalogId, Sequence = _held.Sequence, FileCount = _files.Count });
    }

    public Task LogoutAsync(string token, CancellationToken cancellationToken)
    {
        Logouts++;
        return Task.CompletedTask;
    }

    public TicketKeySet Keys { get; set; } = TicketKeySet.Empty;

    /// <summary>Calls of Keys.</summary>
    public int KeysRead { get; private set; }

    public Task<TicketKeySet> KeysAsync(CancellationToken cancellationToken)
    {
        KeysRead++;
        if (Failure is { } failure)
        {
            throw failure;
        }

        return Task.FromResult(Keys);
    }

    public static RpcException Refusal(StatusCode code, string reason) => new Google.Rpc.Status
    {
        Code = (int)code,
        Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Rpc.ErrorInfo { Domain = "p2p.directory.v1", Reason = reason }) },
    }.ToRpcException();

    void Answer(string? token = null)
    {
        Interlocked.Increment(ref _calls);
        if (Failure is { } failure)
        {
            throw failure;
        }

        if (token is not null && token != _token)
        {
            throw Refusal(StatusCode.Unauthenticated, "SESSION_UNKNOWN");
        }
    }
}
