using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Contracts.DirectoryV1;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.EndToEnd.Tests.Accounts;

/// <summary>
/// From the directory over the source's Control line to the end of the grant: a downloader that would go on, and asks the directory nothing,
/// is cut off by the source in the middle of its download.
/// </summary>
public sealed class RevocationTests : IDisposable
{
    const int Length = 48_000_000;

    readonly TemporaryFolder _folder = new();
    readonly NodeIdentity _reader;

    public RevocationTests() =>
        _reader = NodeIdentity.Open(new IdentityFiles(_folder.File("key.pem"), _folder.File("certificate.pem")), [], TimeProvider.System);

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _reader.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("logout")]
    [InlineData("disable")]
    public async Task Download_SessionEndsMidway_IsEndedByTheSource(string act)
    {
        await using var directory = await RunningDirectory.StartAsync(_folder.File("directory"), Stop, more: "--operator-code");
        TestFile.Create(_folder.File("share/big.bin"), Length, seed: 5);
        await using var peer = RunningPeer.Share(
            directory, _folder.File("peer"), _folder.File("share"), "--bind", "0.0.0.0", "--port", "0", "--limit-up", "4M");
        await directory.WaitForHitAsync("big.bin", Stop);
        using var channel = GrpcChannel.ForAddress(directory.Address);
        var client = new DirectoryClient(channel);
        var operators = new Operator.OperatorClient(channel);
        var boss = With((await client.LoginAsync(
            new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = OperatorCode() }, cancellationToken: Stop)).Token);
        var bob = With((await client.LoginAsync(
            new LoginRequest { User = "bob", Password = "per12345", Reader = true, Proof = await ProveAsync(client, "bob") }, cancellationToken: Stop)).Token);
        var hit = (await client.SearchAsync(new() { Archivo = "big.bin" }, bob)).Hits.Single();
        var source = (await client.LocateAsync(new LocateRequest { Root = hit.Root }, bob)).Sources.Single();
        await HoldsALineAsync(client, bob, source.Source.PeerId);

        using var handler = new SocketsHttpHandler { SslOptions = PinnedTls.Client(source.Source.PeerId, _reader, TimeProvider.System) };
        using var direct = GrpcChannel.ForAddress(source.Source.Url, new GrpcChannelOptions { HttpHandler = handler });
        var catalog = new Catalog.CatalogClient(direct);
        using var download = catalog.Download(Request(hit, source.Ticket), cancellationToken: Stop);
        Assert.True(await download.ResponseStream.MoveNext(Stop));
        // The grant, not the ticket, lets the next call in.
        using (var next = catalog.Download(Request(hit, ticket: null, count: 1000), cancellationToken: Stop))
        {
            Assert.True(await next.ResponseStream.MoveNext(Stop));
            Assert.Equal(1000, next.ResponseStream.Current.Data.Length);
        }

        await (act == "logout"
            ? client.LogoutAsync(new(), bob).ResponseAsync
            : (Task)operators.UpdateAccountAsync(new() { User = "bob", Disabled = true }, boss).ResponseAsync);

        var bytes = (long)download.ResponseStream.Current.Data.Length;
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await download.ResponseStream.MoveNext(Stop))
            {
                bytes += download.ResponseStream.Current.Data.Length;
            }
        });
        Assert.Equal((StatusCode.PermissionDenied, "TICKET_REFUSED"), Refusal(failure));
        Assert.InRange(bytes, 1, Length - 1);
        using var again = catalog.Download(Request(hit, ticket: null), cancellationToken: Stop);
        Assert.Equal((StatusCode.PermissionDenied, "TICKET_REFUSED"), await RefusalAsync(again));
        using var replayed = catalog.Download(Request(hit, source.Ticket), cancellationToken: Stop);
        Assert.Equal((StatusCode.PermissionDenied, "TICKET_REFUSED"), await RefusalAsync(replayed));
    }

    static DownloadRequest Request(SearchHit hit, string? ticket, long? count = null)
    {
        var range = new DownloadRange { Root = hit.Root, Length = hit.Size, Ticket = ticket ?? "" };
        if (count is { } some)
        {
            range.Count = some;
        }

        return new DownloadRequest { Ranges = { range } };
    }

    static async Task<(StatusCode Code, string Reason)> RefusalAsync(AsyncServerStreamingCall<DownloadResponse> call)
    {
        try
        {
            Assert.True(await call.ResponseStream.MoveNext(Stop));
            var failure = call.ResponseStream.Current.Failure;
            return ((StatusCode)failure.Code, failure.GetDetail<ErrorInfo>().Reason);
        }
        catch (RpcException refused)
        {
            return Refusal(refused);
        }
    }

    static (StatusCode Code, string Reason) Refusal(RpcException failure) =>
        (failure.StatusCode, failure.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? failure.Status.Detail);

    static CallOptions With(string token) => new(new Metadata { { "authorization", "Bearer " + token } }, cancellationToken: Stop);

    /// <summary>The daemon opens its line some time after its login.</summary>
    static async Task HoldsALineAsync(DirectoryClient client, CallOptions caller, string peerId)
    {
        while (true)
        {
            using var relay = client.Relay(caller);
            await relay.RequestStream.WriteAsync(new RelayRequest { Open = new RelayOpen { PeerId = peerId } }, Stop);
            try
            {
                Assert.True(await relay.ResponseStream.MoveNext(Stop));
                return;
            }
            catch (RpcException refused) when (Refusal(refused).Reason == "NO_CONTROL_LINE")
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
            }
        }
    }

    string OperatorCode() => File.ReadAllText(_folder.File("directory/operator-code")).Trim();

    async Task<KeyProof> ProveAsync(DirectoryClient client, string user)
    {
        var nonce = (await client.ChallengeAsync(new ChallengeRequest(), cancellationToken: Stop)).Nonce;
        byte[] signed = [.. "p2p.directory.v1 login\0"u8, .. nonce.Span, .. System.Text.Encoding.UTF8.GetBytes(user)];
        return new KeyProof
        {
            PublicKey = ByteString.CopyFrom(_reader.PublicKey.Span),
            Nonce = nonce,
            Signature = ByteString.CopyFrom(_reader.Key.SignData(signed, System.Security.Cryptography.HashAlgorithmName.SHA256)),
        };
    }
}
