using System.Net;
using System.Net.Http.Json;
using Google.Protobuf;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Dialing;
using P2P.Peers.Serving;
using P2P.Peers.Tests.Dialing;

namespace P2P.Peers.Tests.Serving;

/// <summary>
/// TRUST.md §2, Tokens and tickets, on the wire: a daemon that serves over TLS, and every call with every ticket that does not fit. All
/// are refused, and no byte of the content leaves.
/// </summary>
public sealed class TicketTests : IAsyncLifetime
{
    static readonly byte[] Content = DaemonFixture.Bytes(600_000, 1);
    static readonly byte[] Sent = DaemonFixture.Bytes(300_000, 2);
    static readonly ContentId Id = DaemonFixture.ContentOf(Content);
    static readonly ContentId SentId = DaemonFixture.ContentOf(Sent);

    readonly DaemonFixture _peer = new();
    readonly Identities _identities = new();
    readonly TicketKey _key = TicketKey.Create();
    readonly TicketKey _forger = TicketKey.Create();
    PeerChannels _channels = null!;
    Catalog.CatalogClient _client = null!;
    string _ana = "";
    string _own = "";

    static readonly string[] Calls =
        ["describe", "describe by path", "describe layer", "download", "download by path", "read", "watch", "upload", "describe for upload"];

    public async ValueTask InitializeAsync()
    {
        _peer.Write("a", Content);
        _peer.Directory.Keys = TicketKeySet.Of([_key.Public]);
        await _peer.StartAsync(options => options with
        {
            Serving = new ServingOptions { Port = 0, Tls = true },
            Inbox = new InboxOptions(_peer.Inbox),
        });
        using (var own = NodeIdentity.Open(_peer.Files.Identity, [], TimeProvider.System))
        {
            _own = own.Print;
        }

        (_channels, _client) = Connect("ana");
        _ana = _identities["ana"].Print;
    }

    public async ValueTask DisposeAsync()
    {
        _channels.Dispose();
        await _peer.DisposeAsync();
        _identities.Dispose();
        _key.Dispose();
        _forger.Dispose();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("garbage")]
    [InlineData("replayed")]
    [InlineData("bit of the signature")]
    [InlineData("bit of the claims")]
    [InlineData("other key")]
    [InlineData("other audience")]
    [InlineData("other subject")]
    [InlineData("other root")]
    [InlineData("other length")]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("too long")]
    [InlineData("other direction")]
    public async Task Call_TicketThatDoesNotFit_IsRefusedWithoutAByte(string kind)
    {
        // What was redeemed by its owner is a copy in the hands of another key.
        var (channels, other) = Connect("eve");
        using var disposed = channels;
        var asks = kind == "replayed" ? other : _client;
        foreach (var call in Calls)
        {
            var isUpload = call.Contains("upload", StringComparison.Ordinal);
            var ticket = await TicketAsync(kind, new GrantedUse(isUpload ? SentId : Id, isUpload));

            var (refusal, bytes) = await TryAsync(call, ticket, asks);

            Assert.Equal(
                (call, StatusCode.PermissionDenied, "TICKET_REFUSED", 0), (call, refusal.StatusCode, DaemonFixture.ReasonOf(refusal), bytes));
        }

        Assert.Equal(kind == "replayed" ? 2 : 0, _peer.Daemon.Grants.Count);
        Assert.False(Directory.Exists(_peer.Inbox));
    }

    [Fact]
    public async Task Call_ContentThatIsNotHere_TellsStrangersNothing()
    {
        var absent = new DescribeRequest { Root = new string('e', 64), Length = 5 };

        var refusal = await Assert.ThrowsAsync<RpcException>(() => _client.DescribeAsync(absent, cancellationToken: DaemonFixture.Cancellation).ResponseAsync);
        var search = await Assert.ThrowsAsync<RpcException>(
            () => _client.SearchAsync(new SearchRequest { Archivo = "a" }, cancellationToken: DaemonFixture.Cancellation).ResponseAsync);

        Assert.Equal(("TICKET_REFUSED", "TICKET_REFUSED"), (DaemonFixture.ReasonOf(refusal), DaemonFixture.ReasonOf(search)));
    }

    [Fact]
    public async Task Download_TicketThatFits_IsServedAndSoIsWhatFollowsWithoutOne()
    {
        var first = await DownloadAsync(_client, new DownloadRange { Root = Id.Root.ToString(), Length = Id.Length, Ticket = Sign(new(Id, false)) });
        _peer.Directory.Failure = new RpcException(new Status(StatusCode.Unavailable, "Away."));
        var second = await DownloadAsync(_client, new DownloadRange { Path = "share/a", Offset = 1000 });
        var described = await _client.DescribeAsync(new DescribeRequest { Root = Id.Root.ToString() }, cancellationToken: DaemonFixture.Cancellation);

        Assert.Equal(Content, first);
        Assert.Equal(Content[1000..], second);
        Assert.Equal(Id.Length, described.Length);
    }

    [Fact]
    public async Task Read_ByPlainHttp_IsForWhoHasATicketForTheKeyOfTheConnection()
    {
        using var ana = PlainHttp("ana");
        using var eve = PlainHttp("eve");
        var ticket = Sign(new(Id, false));

        var stolen = await ReadAsync(eve, ticket);
        var none = await ReadAsync(ana, "");
        var fits = await ReadAsync(ana, ticket);
        var again = await ReadAsync(ana, "");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (stolen.Status, none.Status));
        Assert.True(stolen.Body.AsSpan().IndexOf(Content.AsSpan(0, 64)) < 0);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (fits.Status, again.Status));
        Assert.Equal(Content, fits.Body);
        Assert.Equal(Content, again.Body);
    }

    HttpClient PlainHttp(string name) => new(new SocketsHttpHandler
    {
        SslOptions = PinnedTls.Client(_own, _identities[name], TimeProvider.System),
    });

    async Task<(HttpStatusCode Status, byte[] Body)> ReadAsync(HttpClient http, string ticket)
    {
        using var response = await http.PostAsJsonAsync(
            $"https://127.0.0.1:{new Uri(_peer.Daemon.Url).Port}/v1/catalog:read",
            new { root = Id.Root.ToString(), length = $"{Id.Length}", ticket }, DaemonFixture.Cancellation);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(DaemonFixture.Cancellation));
    }

    [Fact]
    public async Task Download_GrantIsRevokedMeanwhile_Ends()
    {
        var request = new DownloadRequest
        {
            Ranges = { new DownloadRange { Root = Id.Root.ToString(), Length = Id.Length, Ticket = Sign(new(Id, false)) } },
            ChunkLength = 1000,
        };
        using var call = _client.Download(request, cancellationToken: DaemonFixture.Cancellation);
        Assert.True(await call.ResponseStream.MoveNext(DaemonFixture.Cancellation));

        // More than the windows on the way hold is not needed: what was sent before the revocation may still come.
        _peer.Daemon.Grants.Revoke(_ana);
        var after = await Assert.ThrowsAsync<RpcException>(() => DownloadAsync(_client, new DownloadRange { Root = Id.Root.ToString(), Length = Id.Length }));

        Assert.Equal("TICKET_REFUSED", DaemonFixture.ReasonOf(after));
    }

    [Fact]
    public async Task Upload_TicketThatFits_Arrives()
    {
        var (refusal, _) = await TryUploadAsync(Sign(new(SentId, true)), _client);

        Assert.Null(refusal);
        Assert.Equal(Sent, await File.ReadAllBytesAsync(Path.Combine(_peer.Inbox, "sent"), DaemonFixture.Cancellation));
    }

    async Task<string> TicketAsync(string kind, GrantedUse use)
    {
        switch (kind)
        {
            case "none":
                return "";
            case "garbage":
                return "a.b.c";
            case "replayed":
                var ticket = Sign(use);
                await RedeemAsync(ticket, use);
                return ticket;
            case "bit of the signature":
                return FlipBit(Sign(use), part: 2);
            case "bit of the claims":
                return FlipBit(Sign(use), part: 1);
            case "other key":
                return Sign(use, key: _forger);
            case "other audience":
                return Sign(use, audience: _ana);
            case "other subject":
                return Sign(use, subject: _own);
            case "other root":
                return Sign(use with { Content = new ContentId(ContentRoot.Parse(new string('d', 64)), use.Content.Length) });
            case "other length":
                return Sign(use with { Content = new ContentId(use.Content.Root, use.Content.Length - 1) });
            case "expired":
                return Sign(use, fromNow: -120);
            case "not yet valid":
                return Sign(use, fromNow: 60);
            case "too long":
                return Sign(use, seconds: 61);
            default:
                return Sign(use with { ForUpload = !use.ForUpload });
        }
    }

    // As the owner, so that its nonce is used up.
    async Task RedeemAsync(string ticket, GrantedUse use)
    {
        var request = new DescribeRequest { Root = use.Content.Root.ToString(), Length = use.Content.Length, Ticket = ticket, ForUpload = use.ForUpload };
        await _client.DescribeAsync(request, cancellationToken: DaemonFixture.Cancellation);
    }

    string Sign(GrantedUse use, TicketKey? key = null, string? audience = null, string? subject = null, int fromNow = 0, int seconds = 60)
    {
        var issued = TimeProvider.System.GetUtcNow().Rounded().AddSeconds(fromNow);
        return (key ?? _key).Sign(new Ticket(
            audience ?? _own, subject ?? _ana, use.Content, TicketKey.NewNonce(), issued, issued.AddSeconds(seconds), use.ForUpload));
    }

    static string FlipBit(string ticket, int part)
    {
        var parts = ticket.Split('.');
        var at = parts[part].Length / 2;
        var flipped = parts[part][at] == 'A' ? 'B' : 'A';
        parts[part] = parts[part][..at] + flipped + parts[part][(at + 1)..];
        return string.Join('.', parts);
    }

    (PeerChannels Channels, Catalog.CatalogClient Client) Connect(string name)
    {
        var channels = new PeerChannels(new DialPolicy(AllowLoopback: true), new DialSecurity(
            () => _identities[name], (_, _, _, _) => throw new InvalidOperationException(), AllowPlaintext: false, TimeProvider.System));
        var peer = new SourcePeer(_own, "peer", new PeerEndpoint(IPAddress.Loopback, new Uri(_peer.Daemon.Url).Port, secure: true));
        return (channels, channels.Find(peer, out _)!);
    }

    async Task<(RpcException Refusal, int Bytes)> TryAsync(string call, string ticket, Catalog.CatalogClient client)
    {
        if (call == "upload")
        {
            var (refusal, bytes) = await TryUploadAsync(ticket, client);
            return (refusal!, bytes);
        }

        var got = 0;
        var refused = await Assert.ThrowsAsync<RpcException>(async () => got = await CallAsync(call, ticket, client));
        return (refused, got);
    }

    static async Task<int> CallAsync(string call, string ticket, Catalog.CatalogClient client)
    {
        var isByPath = call.EndsWith("path", StringComparison.Ordinal);
        switch (call.Split(' ')[0])
        {
            case "download":
                var range = isByPath ? new DownloadRange { Path = "a" } : new DownloadRange { Root = Id.Root.ToString(), Length = Id.Length };
                range.Ticket = ticket;
                return (await DownloadAsync(client, range)).Length;
            case "read":
                var read = new ReadRequest { Root = Id.Root.ToString(), Length = Id.Length, Ticket = ticket };
                using (var reading = client.Read(read, cancellationToken: DaemonFixture.Cancellation))
                {
                    return await reading.ResponseStream.MoveNext(DaemonFixture.Cancellation) ? 1 : 0;
                }

            case "watch":
                var watch = new WatchAvailabilityRequest { Root = Id.Root.ToString(), Length = Id.Length, Ticket = ticket };
                using (var watching = client.WatchAvailability(watch, cancellationToken: DaemonFixture.Cancellation))
                {
                    return await watching.ResponseStream.MoveNext(DaemonFixture.Cancellation) ? 1 : 0;
                }

            default:
                var describe = isByPath ? new DescribeRequest { Path = "a" } : new DescribeRequest { Root = Id.Root.ToString(), Length = Id.Length };
                if (call.EndsWith("upload", StringComparison.Ordinal))
                {
                    describe = new DescribeRequest { Root = SentId.Root.ToString(), Length = SentId.Length, ForUpload = true };
                }

                describe.Ticket = ticket;
                describe.Hashes = call.EndsWith("layer", StringComparison.Ordinal) ? new HashRange { Count = 1 } : null;
                return (await client.DescribeAsync(describe, cancellationToken: DaemonFixture.Cancellation)).CalculateSize();
        }
    }

    static async Task<byte[]> DownloadAsync(Catalog.CatalogClient client, DownloadRange range)
    {
        using var call = client.Download(new DownloadRequest { Ranges = { range } }, cancellationToken: DaemonFixture.Cancellation);
        using var bytes = new MemoryStream();
        await foreach (var message in call.ResponseStream.ReadAllAsync(DaemonFixture.Cancellation))
        {
            message.Data.WriteTo(bytes);
        }

        return bytes.ToArray();
    }

    static async Task<(RpcException? Refusal, int Bytes)> TryUploadAsync(string ticket, Catalog.CatalogClient client)
    {
        using var call = client.Upload(cancellationToken: DaemonFixture.Cancellation);
        try
        {
            await call.RequestStream.WriteAsync(
                new UploadRequest { Header = new UploadHeader { Path = "sent", Root = SentId.Root.ToString(), Length = SentId.Length, Ticket = ticket } },
                DaemonFixture.Cancellation);
            await call.RequestStream.WriteAsync(new UploadRequest { Data = ByteString.CopyFrom(Sent) }, DaemonFixture.Cancellation);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception ended) when (ended is InvalidOperationException or RpcException)
        {
            // The answer says why.
        }

        try
        {
            return (null, (await call).CalculateSize());
        }
        catch (RpcException refusal)
        {
            return (refusal, 0);
        }
    }
}
