using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.CommandLine;
using P2P.Peers.Dialing;
using P2P.Peers.Pacing;
using P2P.Peers.Serving;
using P2P.Peers.Sharing;
using P2P.Peers.Tests.Dialing;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Serving;

/// <summary><c>--accept from:USER</c>: whose uploads the inbox takes, over TLS and in the clear.</summary>
public sealed class UploadSenderTests : IAsyncDisposable
{
    static readonly byte[] Sent = DaemonFixture.Bytes(300_000, 2);
    static readonly ContentId SentId = DaemonFixture.ContentOf(Sent);

    readonly DaemonFixture _peer = new();
    readonly Identities _identities = new();
    readonly TicketKey _key = TicketKey.Create();
    readonly List<PeerChannels> _channels = [];

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(each => each.Dispose());
        await _peer.DisposeAsync();
        _identities.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upload_OfANamedAccount_Arrives(bool tls)
    {
        var client = await StartAsync(tls);
        await DescribeAsync(client, Sign("bob"));

        var answer = await UploadAsync(client, Sign("bob"));

        Assert.Equal("sent", answer.Path);
        Assert.Equal(Sent, await File.ReadAllBytesAsync(Path.Combine(_peer.Inbox, "sent"), DaemonFixture.Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upload_OfAnyOther_IsRefusedWithTheReason(bool tls)
    {
        var client = await StartAsync(tls);
        foreach (var (user, reason) in ((string?, string)[])[("eve", "INBOX_CLOSED"), ("Bob", "INBOX_CLOSED"), (null, "INBOX_CLOSED")])
        {
            foreach (var call in (Func<Task>[])[() => UploadAsync(client, Sign(user)), () => DescribeAsync(client, Sign(user))])
            {
                var refused = await Assert.ThrowsAsync<RpcException>(call);
                Assert.Equal((StatusCode.PermissionDenied, reason), (refused.StatusCode, DaemonFixture.ReasonOf(refused)));
                Assert.Contains("accounts that its owner has named", refused.Status.Detail, StringComparison.Ordinal);
            }
        }

        var fetch = Sign("bob", forUpload: false);
        foreach (var ticket in (string[])["", "nonsense", fetch])
        {
            Assert.Equal("TICKET_REFUSED", DaemonFixture.ReasonOf(await Assert.ThrowsAsync<RpcException>(() => UploadAsync(client, ticket))));
            Assert.Equal("TICKET_REFUSED", DaemonFixture.ReasonOf(await Assert.ThrowsAsync<RpcException>(() => DescribeAsync(client, ticket))));
        }

        Assert.False(Directory.Exists(_peer.Inbox));
    }

    [Fact]
    public async Task Upload_InTheClear_ATicketCountsOnceForOneContent()
    {
        var client = await StartAsync(tls: false);
        var ticket = Sign("bob");
        await UploadAsync(client, ticket);

        var other = new UploadHeader { Path = "other", Root = new string('d', 64), Length = 5, Ticket = Sign("bob") };
        Assert.Equal("TICKET_REFUSED", DaemonFixture.ReasonOf(await Assert.ThrowsAsync<RpcException>(() => UploadAsync(client, ticket))));
        Assert.Equal("TICKET_REFUSED", DaemonFixture.ReasonOf(await Assert.ThrowsAsync<RpcException>(() => UploadAsync(client, other))));
        Assert.Equal(0, _peer.Daemon.Grants.Count);
    }

    [Fact]
    public async Task Download_InTheClear_NeedsNoTicketStill()
    {
        _peer.Write("a", [1, 2, 3]);
        await StartAsync(tls: false);

        Assert.Equal([1, 2, 3], (await _peer.DownloadAsync(new DownloadRange { Path = "share/a" })).Single().Data.ToByteArray());
    }

    [Fact]
    public async Task Upload_OverTheQuota_IsRefusedForNamedAccountsToo()
    {
        var client = await StartAsync(tls: true, quota: 100_000);

        Assert.Equal("INBOX_FULL", DaemonFixture.ReasonOf(await Assert.ThrowsAsync<RpcException>(() => UploadAsync(client, Sign("ana")))));
    }

    [Fact]
    public async Task Upload_WithARateLimit_TakesItsTime()
    {
        using var folder = new TemporaryFolder();
        var time = new FakeTimeProvider();
        using var gates = new Gates(time);
        var options = new InboxOptions(folder.File("inbox")) { Limit = RateSchedule.TryParse(["50000"])! };
        var gate = new TicketGate(new TicketDoor(Gates.Own, IsTls: false), gates.Grants, new TicketVerifier(new DirectoryClock(time)), gates.Authority);
        var inbox = new Inbox(options, new ServingOptions(), gate, new CatalogState(), time);

        var start = time.GetTimestamp();
        var upload = inbox.ReceiveAsync(new Requests(Header(""), Sent), Caller.InTheClear, DaemonFixture.Cancellation);
        while (!upload.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, DaemonFixture.Cancellation);
        }

        await upload;
        // 300,000 bytes at 50,000 a second: what comes last waits for all before it, less what was kept from before the first.
        Assert.True(time.GetElapsedTime(start) >= TimeSpan.FromSeconds((260_000 / 50_000.0) - 0.3), $"{time.GetElapsedTime(start)}");
        Assert.Equal(Sent, await File.ReadAllBytesAsync(folder.File("inbox/sent"), DaemonFixture.Cancellation));
    }

    [Theory]
    [InlineData("any", null)]
    [InlineData("any any", null)]
    [InlineData("from:ana", "ana")]
    [InlineData("from:ana from:bob from:ana", "ana,bob")]
    public void Parse_Accept_IsWhoMaySend(string words, string? users) =>
        Assert.Equal(users, UploadSenders.Parse(words.Split(' '), Wrong) is { } set ? string.Join(',', set.Order(StringComparer.Ordinal)) : null);

    [Theory]
    [InlineData("from:")]
    [InlineData("ana")]
    [InlineData("any from:ana")]
    [InlineData("from:ana any")]
    public void Parse_Accept_RefusesAnythingElse(string words) =>
        Assert.Equal(ExitCodes.Usage, Assert.Throws<CommandException>(() => UploadSenders.Parse(words.Split(' '), Wrong)).ExitCode);

    static CommandException Wrong(string text) => new(ExitCodes.Usage, text);

    async Task<Catalog.CatalogClient> StartAsync(bool tls, long? quota = null)
    {
        _peer.Directory.Keys = TicketKeySet.Of([_key.Public]);
        await _peer.StartAsync(options => options with
        {
            Serving = new ServingOptions { Port = 0, Tls = tls },
            Inbox = new InboxOptions(_peer.Inbox, quota) { From = new HashSet<string> { "ana", "bob" } },
        });
        if (!tls)
        {
            return _peer.Client;
        }

        var channels = new PeerChannels(new DialPolicy(AllowLoopback: true), new DialSecurity(
            () => _identities["sender"], (_, _, _, _) => throw new InvalidOperationException(), AllowPlaintext: false, TimeProvider.System));
        _channels.Add(channels);
        return channels.Find(new SourcePeer(Own, "peer", new PeerEndpoint(IPAddress.Loopback, new Uri(_peer.Daemon.Url).Port, secure: true)), out _)!;
    }

    string Own
    {
        get
        {
            using var own = NodeIdentity.Open(_peer.Files.Identity, [], TimeProvider.System);
            return own.Print;
        }
    }

    string Sign(string? user, bool forUpload = true)
    {
        var issued = TimeProvider.System.GetUtcNow().Rounded();
        return _key.Sign(new Ticket(
            Own, _identities["sender"].Print, SentId, TicketKey.NewNonce(), issued, issued.AddSeconds(60), forUpload, user));
    }

    static UploadHeader Header(string ticket) => new() { Path = "sent", Root = SentId.Root.ToString(), Length = SentId.Length, Ticket = ticket };

    static Task<DescribeResponse> DescribeAsync(Catalog.CatalogClient client, string ticket) => client.DescribeAsync(
        new DescribeRequest { Root = SentId.Root.ToString(), Length = SentId.Length, ForUpload = true, Ticket = ticket },
        cancellationToken: DaemonFixture.Cancellation).ResponseAsync;

    static Task<UploadResponse> UploadAsync(Catalog.CatalogClient client, string ticket) => UploadAsync(client, Header(ticket));

    static async Task<UploadResponse> UploadAsync(Catalog.CatalogClient client, UploadHeader header)
    {
        using var call = client.Upload(cancellationToken: DaemonFixture.Cancellation);
        try
        {
            await call.RequestStream.WriteAsync(new UploadRequest { Header = header }, DaemonFixture.Cancellation);
            await call.RequestStream.WriteAsync(new UploadRequest { Data = ByteString.CopyFrom(Sent) }, DaemonFixture.Cancellation);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception early) when (early is RpcException or InvalidOperationException)
        {
            // The answer says why.
        }

        return await call;
    }

    /// <summary>An upload as it comes from the wire, as fast as it is read.</summary>
    sealed class Requests(UploadHeader header, byte[] bytes) : IAsyncStreamReader<UploadRequest>
    {
        readonly Queue<UploadRequest> _left = new(
            [new UploadRequest { Header = header }, .. bytes.Chunk(40_000).Select(chunk => new UploadRequest { Data = ByteString.CopyFrom(chunk) })]);

        public UploadRequest Current { get; private set; } = new();

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var isThere = _left.TryDequeue(out var next);
            Current = next ?? Current;
            return Task.FromResult(isThere);
        }
    }
}
