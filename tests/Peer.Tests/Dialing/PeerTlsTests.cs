using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Dialing;
using P2P.Peers.Serving;
using P2P.Peers.Tests.Serving;

namespace P2P.Peers.Tests.Dialing;

/// <summary>TRUST.md §2, Wire and Peer identity, between the two real ends: a daemon that serves over TLS and the connections of <c>get</c>.</summary>
public sealed class PeerTlsTests : IAsyncLifetime
{
    readonly DaemonFixture _peer = new();
    readonly Identities _identities = new();

    string Print => NodeIdentity.Open(_peer.Files.Identity, [], TimeProvider.System).Print;

    public async ValueTask InitializeAsync()
    {
        _peer.Write("a", [1, 2, 3]);
        await _peer.StartAsync(options => options with { Serving = new ServingOptions { Port = 0, Tls = true } });
    }

    public async ValueTask DisposeAsync()
    {
        await _peer.DisposeAsync();
        _identities.Dispose();
    }

    [Fact]
    public async Task Call_PinnedKey_Answers()
    {
        using var channels = Channels();

        Assert.Equal(Print, await PrintSeenAsync(_identities["downloader"]));
        var answer = await Assert.ThrowsAsync<RpcException>(() => Find(channels, Print)
            .DescribeAsync(new DescribeRequest { Path = "a" }, cancellationToken: DaemonFixture.Cancellation).ResponseAsync);
        Assert.Equal("TICKET_REFUSED", DaemonFixture.ReasonOf(answer));
        Assert.StartsWith("https://", _peer.Daemon.Url, StringComparison.Ordinal);
        Assert.Equal("https://localhost", Assert.Single(_peer.Directory.Logins).Url);
    }

    [Fact]
    public async Task Call_AnotherPrint_SaysSoAndSendsNothing()
    {
        using var channels = Channels();

        var error = await Assert.ThrowsAsync<RpcException>(
            () => Find(channels, _identities["other"].Print).SearchAsync(new SearchRequest { Archivo = "a" }, cancellationToken: DaemonFixture.Cancellation).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("its key is another one", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WithoutACertificate_IsEnded()
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => PrintSeenAsync(own: null, read: true));

        Assert.True(refused is IOException or AuthenticationException, refused.ToString());
    }

    [Fact]
    public async Task Call_InTheClear_IsEnded()
    {
        using var http = new HttpClient();

        await Assert.ThrowsAsync<HttpRequestException>(
            () => http.GetAsync(new Uri(_peer.Daemon.Url.Replace("https", "http", StringComparison.Ordinal) + "/v1/catalog/files?archivo=a"), DaemonFixture.Cancellation));
    }

    [Theory]
    [InlineData("a declared peer", "127.0.0.1", true, false, "proved no key")]
    [InlineData(null, "192.0.2.1", false, false, "--allow-plaintext")]
    [InlineData(null, "192.0.2.1", false, true, null)]
    [InlineData(null, "127.0.0.1", false, false, null)]
    [InlineData(null, "192.0.2.1", true, false, null)]
    public void Find_PeerOnTheWire_FollowsTheRule(string? id, string ip, bool tls, bool allow, string? refusal)
    {
        using var channels = new PeerChannels(
            new DialPolicy(AllowLoopback: true), new DialSecurity(() => _identities["downloader"], NoTickets, allow, TimeProvider.System));
        var peer = new SourcePeer(id ?? new string('a', 64), "ana", new PeerEndpoint(IPAddress.Parse(ip), 5001, tls));

        var found = channels.Find(peer, out var said);

        Assert.Equal(refusal is null, found is not null);
        Assert.Contains(refusal ?? "", said ?? "", StringComparison.Ordinal);
    }

    PeerChannels Channels() => new(
        new DialPolicy(AllowLoopback: true), new DialSecurity(() => _identities["downloader"], NoTickets, AllowPlaintext: false, TimeProvider.System));

    static Task<TicketAnswer> NoTickets(SourcePeer peer, ContentId content, bool forUpload, CancellationToken cancellation) =>
        Task.FromResult(new TicketAnswer(null, new FetchFailure(FetchFault.Refused, "None.")));

    Catalog.CatalogClient Find(PeerChannels channels, string print) => channels.Find(
        new SourcePeer(print, "ana", new PeerEndpoint(IPAddress.Loopback, new Uri(_peer.Daemon.Url).Port, secure: true)), out _)!;

    // A plain TLS client: what it is shown, and whether the connection lives on.
    async Task<string> PrintSeenAsync(NodeIdentity? own, bool read = false)
    {
        using var connection = new System.Net.Sockets.TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, new Uri(_peer.Daemon.Url).Port, DaemonFixture.Cancellation);
        await using var stream = new SslStream(connection.GetStream());
        var options = PinnedTls.Client(Print, own, TimeProvider.System);
        options.TargetHost = "127.0.0.1";
        options.ApplicationProtocols = [SslApplicationProtocol.Http11];
        await stream.AuthenticateAsClientAsync(options, DaemonFixture.Cancellation);
        if (read)
        {
            await stream.WriteAsync("GET /v1/catalog/files?archivo=a HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), DaemonFixture.Cancellation);
            if (await stream.ReadAsync(new byte[1], DaemonFixture.Cancellation) == 0)
            {
                throw new IOException("Ended.");
            }
        }

        return KeyPrint.Of(stream.RemoteCertificate)!;
    }
}
