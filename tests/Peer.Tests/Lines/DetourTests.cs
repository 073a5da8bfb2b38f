using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;
using P2P.Peers.Lines;
using P2P.Peers.Serving;
using P2P.Peers.Tests.Serving;

namespace P2P.Peers.Tests.Lines;

/// <summary>Peers that cannot be dialled: what goes over a relay or a connection that they dialled is the same as ever.</summary>
public sealed class DetourTests : IAsyncDisposable
{
    static readonly byte[] Bytes = DaemonFixture.Bytes(3_000_000, seed: 9);
    static readonly ContentId Content = DaemonFixture.ContentOf(Bytes);

    readonly DaemonFixture _source = new();
    readonly DaemonFixture _downloader = new();
    readonly P2P.Toolbox.TemporaryFolder _folder = new();
    readonly TicketKey _key = TicketKey.Create();
    RelayingDirectory _directory = null!;

    public async ValueTask DisposeAsync()
    {
        await _downloader.DisposeAsync();
        await _source.DisposeAsync();
        await (_directory?.DisposeAsync() ?? default);
        _key.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetch_SourceNotReachable_ComesOverARelay(bool tls)
    {
        var peer = await StartAsync(tls);
        var routes = new PeerRoutes(new RelayDetour(() => _directory.Client.Relay(new CallOptions()), dialIns: null).ReachAsync, TimeProvider.System);
        using var identity = NodeIdentity.Open(new IdentityFiles(_folder.File("key"), _folder.File("crt")), [], TimeProvider.System);
        using var channels = new PeerChannels(
            new DialPolicy(AllowLoopback: true), new DialSecurity(() => identity, NoTickets, false, TimeProvider.System), routes);
        Assert.Equal(Bytes, await FetchAsync(channels, peer, TicketFor(identity.Print, peer)));

        Assert.Equal(PeerRoute.Relayed, channels.RouteOf(peer.PeerId));
        Assert.Equal(1, _source.Daemon.Lines!.Doors.Carried.Total(PeerRoute.Relayed));
        // With TLS, whoever passes it on sees neither the protocol nor a byte of the file.
        Assert.Equal(!tls, Encoding.Latin1.GetString(_directory.Passed).Contains("PRI * HTTP/2.0", StringComparison.Ordinal));
        Assert.Equal(!tls, _directory.Passed.AsSpan().IndexOf(Bytes.AsSpan(1_000_000, 64)) >= 0);
    }

    [Fact]
    public async Task Fetch_AddressDoesNotAnswer_GoesOnOverARelay()
    {
        var peer = await StartAsync(tls: false);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        peer = peer with { Endpoint = new PeerEndpoint(IPAddress.Loopback, port, secure: false), Reachable = true };
        var routes = new PeerRoutes(new RelayDetour(() => _directory.Client.Relay(new CallOptions()), dialIns: null).ReachAsync, TimeProvider.System);
        using var channels = new PeerChannels(new DialPolicy(AllowLoopback: true), null, routes);
        Assert.Equal(Bytes, await FetchAsync(channels, peer));
        Assert.Equal(PeerRoute.Relayed, channels.RouteOf(peer.PeerId));
    }

    [Fact]
    public async Task Fetch_Reachable_IsDialled()
    {
        var peer = await StartAsync(tls: false) with { Reachable = true };
        var routes = new PeerRoutes((_, _) => throw new InvalidOperationException("No detour is needed."), TimeProvider.System);
        using var channels = new PeerChannels(new DialPolicy(AllowLoopback: true), null, routes);
        Assert.Equal(Bytes, await FetchAsync(channels, peer));
        Assert.Equal(PeerRoute.Direct, channels.RouteOf(peer.PeerId));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RemoteFetch_SourceDialsOut_IsFetchedOverThatConnection(bool tls)
    {
        var peer = await StartAsync(tls);
        _directory.Located = new LocatedSource { Source = ToSource(peer) };
        await _downloader.StartAsync(options => options with { Downloads = _folder.File("downloads") }, _directory.Daemon);
        using (var downloader = NodeIdentity.Open(_downloader.Files.Identity, [], TimeProvider.System))
        {
            _directory.Located.Ticket = TicketFor(downloader.Print, peer);
        }

        _directory.DialTo = new Uri(_downloader.Daemon.Url).Authority.Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
        var end = await _downloader.Daemon.Lines!.FetchNowAsync(
            new FetchRequest { Root = Content.Root.ToString(), Length = Content.Length, Path = "got" }, DaemonFixture.Cancellation);

        Assert.True(end.State == Contracts.DirectoryV1.TransferState.Done, end.Reason);
        Assert.Equal(Bytes, await File.ReadAllBytesAsync(_folder.File("downloads/got"), DaemonFixture.Cancellation));
        Assert.Equal(PeerRoute.DialledOut, _downloader.Daemon.Lines.Routes.Of(peer.PeerId));
        Assert.Equal(1, _source.Daemon.Lines!.Doors.Carried.Total(PeerRoute.DialledOut));
        Assert.Empty(_directory.Passed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetch_CommandBesideADaemon_SourceDialsOutToThat(bool tls)
    {
        var peer = await StartAsync(tls);
        await _downloader.StartAsync(null, _directory.Daemon);
        using var held = _downloader.Files.TryLock();
        using var daemon = P2P.Peers.Local.LocalDaemon.TryConnect(_downloader.Files)!;
        _directory.DialTo = new Uri(_downloader.Daemon.Url).Authority.Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
        var detour = new RelayDetour(() => _directory.Client.Relay(new CallOptions()), new P2P.Peers.Local.LocalDialIns(daemon.Client));
        using var identity = NodeIdentity.Open(_downloader.Files.Identity, [], TimeProvider.System);
        using var channels = new PeerChannels(
            new DialPolicy(AllowLoopback: true), new DialSecurity(() => identity, NoTickets, false, TimeProvider.System),
            new PeerRoutes(detour.ReachAsync, TimeProvider.System));
        Assert.Equal(Bytes, await FetchAsync(channels, peer, TicketFor(identity.Print, peer)));

        Assert.Equal(PeerRoute.DialledOut, channels.RouteOf(peer.PeerId));
        Assert.Equal(1, _source.Daemon.Lines!.Doors.Carried.Total(PeerRoute.DialledOut));
        Assert.Empty(_directory.Passed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_ReceiverNotReachable_GoesOverARelay(bool tls)
    {
        var peer = await StartAsync(tls, options => options with { Inbox = new InboxOptions(_source.Inbox, null) });
        var routes = new PeerRoutes(new RelayDetour(() => _directory.Client.Relay(new CallOptions()), dialIns: null).ReachAsync, TimeProvider.System);
        using var identity = NodeIdentity.Open(new IdentityFiles(_folder.File("key"), _folder.File("crt")), [], TimeProvider.System);
        using var channels = new PeerChannels(
            new DialPolicy(AllowLoopback: true), new DialSecurity(() => identity, NoTickets, false, TimeProvider.System), routes);
        // What the receiver does not share already.
        var bytes = DaemonFixture.Bytes(2_000_003, seed: 10);
        var content = DaemonFixture.ContentOf(bytes);
        await File.WriteAllBytesAsync(_folder.File("gift"), bytes, DaemonFixture.Cancellation);
        var sender = new P2P.Peers.Sending.FileSender(
            channels.Find(peer, out _)!, (_, _) => Task.FromResult(TicketFor(identity.Print, peer, content, forUpload: true)), tls, TimeSpan.Zero, gate: null, TimeProvider.System);
        var sent = await sender.SendAsync(new(_folder.File("gift"), "gift", content), new Progress<long>(), DaemonFixture.Cancellation);

        Assert.Equal(("gift", content.Length, PeerRoute.Relayed), (sent.Path, sent.Sent, channels.RouteOf(peer.PeerId)));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(_source.Inbox, "gift"), DaemonFixture.Cancellation));
        Assert.Equal(!tls, _directory.Passed.AsSpan().IndexOf(bytes.AsSpan(1_000_000, 64)) >= 0);
    }

    [Theory]
    [InlineData("169.254.169.254:5001", "0123456789abcdef0123456789abcdef")]
    [InlineData("10.0.0.1:80", "0123456789abcdef0123456789abcdef")]
    [InlineData("name.example:5001", "0123456789abcdef0123456789abcdef")]
    [InlineData("127.0.0.1:5001", "GET / HTTP/1.1\r\n0123456789abcdef")]
    public async Task Dial_WhereOrWithWhatItMustNot_IsRefusedUndialled(string address, string token)
    {
        await StartAsync(tls: false);
        var answer = await _directory.AskAsync(
            id => new ControlResponse { Dial = new ControlDial { Id = id, Address = address, Token = token } });
        Assert.False(answer.Ok);
        Assert.Equal(0, _source.Daemon.Lines!.Doors.Carried.Total(PeerRoute.DialledOut));
    }

    [Fact]
    public async Task DialIn_UnknownToken_IsClosedAndOthersAreServed()
    {
        await StartAsync(tls: false);
        using var expected = _source.Daemon.Lines!.Doors.DialIns.Expect();
        using var forged = await DialAsync(DialIns.Preamble(new string('0', 32)));
        Assert.Equal(0, await forged.ReceiveAsync(new byte[1], DaemonFixture.Cancellation));
        Assert.False(expected.Came.IsCompleted);
        // In two parts, as the network may bring it.
        var preamble = DialIns.Preamble(expected.Token);
        using var right = await DialAsync(preamble[..20]);
        await right.SendAsync(preamble.AsMemory(20), DaemonFixture.Cancellation);
        await using var stream = await expected.Came;
        await right.SendAsync("x"u8.ToArray(), DaemonFixture.Cancellation);
        Assert.Equal(1, await stream.ReadAsync(new byte[9], DaemonFixture.Cancellation));

        Assert.NotEmpty(await _source.DownloadAsync(new DownloadRange { Root = Content.Root.ToString() }));
    }

    [Fact]
    public void Match_Openings_AreToldApart()
    {
        Assert.Equal((true, null), Match(""));
        Assert.Equal((true, null), Match("P2P-DIAL 0123456789abcdef0123456789abcdef\r"));
        Assert.Equal((true, "0123456789abcdef0123456789abcdef"), Match("P2P-DIAL 0123456789abcdef0123456789abcdef\r\nmore"));
        Assert.Equal((false, null), Match("POST / HTTP/1.1\r\n"));
        Assert.Equal((false, null), Match("PRI * HTTP/2.0\r\n"));
        Assert.Equal((false, null), Match("\u0016\u0003\u0001"));
        Assert.Equal((false, null), Match("P2P-DIAL 0123456789ABCDEF0123456789abcdef\r\n"));
    }

    static (bool, string?) Match(string opening) => DialIns.Match(new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(opening)));

    async Task<Socket> DialAsync(byte[] opening)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(_source.Daemon.Url).Port, DaemonFixture.Cancellation);
        await socket.SendAsync(opening, DaemonFixture.Cancellation);
        return socket;
    }

    /// <summary>A source with one file and an open line; it is listed as not reachable, at a port where nobody listens.</summary>
    async Task<SourcePeer> StartAsync(bool tls, Func<P2P.Peers.Local.DaemonOptions, P2P.Peers.Local.DaemonOptions>? change = null)
    {
        _directory = await RelayingDirectory.StartAsync();
        _source.Directory.Keys = TicketKeySet.Of([_key.Public]);
        _source.Write("file", Bytes);
        await _source.StartAsync(
            options => (change?.Invoke(options) ?? options) with { Serving = options.Serving with { Tls = tls } }, _directory.Daemon);
        await _directory.SourceIsThere.WaitAsync(DaemonFixture.Cancellation);
        using var identity = NodeIdentity.Open(_source.Files.Identity, [], TimeProvider.System);
        return new SourcePeer(identity.Print, "source", new PeerEndpoint(IPAddress.Loopback, new Uri(_source.Daemon.Url).Port, tls))
        {
            Reachable = false,
        };
    }

    static Source ToSource(SourcePeer peer) => new()
    {
        PeerId = peer.PeerId,
        User = "ana",
        Ip = "127.0.0.1",
        Port = peer.Endpoint!.Value.Port,
        Url = peer.Endpoint.Value.Url,
        Path = "share/file",
        Reachable = false,
    };

    static Task<TicketAnswer> NoTickets(SourcePeer peer, ContentId content, bool forUpload, CancellationToken cancellation) =>
        throw new InvalidOperationException("The first ticket is good.");

    string TicketFor(string downloader, SourcePeer source) => TicketFor(downloader, source, Content, forUpload: false);

    string TicketFor(string downloader, SourcePeer source, ContentId content, bool forUpload)
    {
        var now = TimeProvider.System.GetUtcNow().Rounded();
        return _key.Sign(new Ticket(source.PeerId, downloader, content, TicketKey.NewNonce(), now, now.AddSeconds(60), forUpload));
    }

    static async Task<byte[]> FetchAsync(PeerChannels channels, SourcePeer peer, string? ticket = null)
    {
        var client = channels.Find(peer, out var refusal);
        Assert.Null(refusal);
        var source = new VerifiedSource(client!, ticket, new VerifiedSourceOptions(), TimeProvider.System);
        var bytes = new byte[Content.Length];
        var failure = await source.FetchAsync(
            Content, 0, Content.Length,
            (part, _) =>
            {
                part.Data.CopyTo(bytes.AsMemory((int)part.Offset));
                return ValueTask.CompletedTask;
            },
            DaemonFixture.Cancellation);
        Assert.Null(failure);
        return bytes;
    }
}
