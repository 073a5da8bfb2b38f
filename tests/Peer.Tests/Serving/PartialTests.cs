using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Finding;
using P2P.Peers.Local;
using P2P.Peers.Local.V1;
using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.Serving;

/// <summary>A download under way in one process is served by the daemon beside it, and fetched from by others.</summary>
public sealed class PartialTests : IAsyncDisposable
{
    // More than 16 MiB, so that get has it served; 64 KiB a piece.
    readonly Sample _sample = new((17 * 1024 * 1024) + 5, seed: 1);
    readonly DaemonFixture _peer = new();
    readonly P2P.Toolbox.TemporaryFolder _folder = new();

    // What a daemon holds while it runs.
    FileStream? _held;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    PieceGeometry Geometry => new(_sample.Id.Length);

    int PieceCount => (int)Geometry.PieceCount;

    string Root => _sample.Id.Root.ToString();

    public async ValueTask DisposeAsync()
    {
        _held?.Dispose();
        await _peer.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Serve_PiecesThatWereTold_AndNoOthers()
    {
        using var line = await StartAsync();
        using var download = await BeginAsync(line, _sample.Bytes, [0, 1, 2, 5]);
        await HasAsync(4);

        var described = await DescribeAsync(new HashRange { Index = 5 * 4, Count = 4 });
        var messages = await _peer.DownloadAsync(
            new DownloadRange { Root = Root, Offset = 70_000, Count = 100_000 },
            new DownloadRange { Root = Root, Offset = 5 * Geometry.PieceSize, Count = Geometry.PieceSize + 1 },
            new DownloadRange { Root = Root });

        Assert.False(described.Availability.Complete);
        Assert.Equal(((long)Geometry.PieceSize, (byte)0b1110_0100), (described.Availability.PieceLength, described.Availability.Bitmap[0]));
        Assert.True(new MerkleProof(0, 20, described.Hashes.Memory, described.Proof.Memory).Proves(_sample.Id));
        Assert.Equal(_sample.Bytes[70_000..170_000], messages.Where(m => m.RangeIndex == 0).SelectMany(m => m.Data));
        Assert.All(messages.Where(m => m.RangeIndex > 0), m => Assert.Equal("NOT_HERE_YET", m.Failure.GetDetail<Google.Rpc.ErrorInfo>().Reason));
        var refused = await Assert.ThrowsAsync<RpcException>(() => DescribeAsync(new HashRange { Index = 0, Count = 64 }));
        Assert.Equal("NOT_HERE_YET", DaemonFixture.ReasonOf(refused));
    }

    [Fact]
    public async Task Serve_APieceThatIsWrong_EndsIt()
    {
        using var line = await StartAsync();
        var wrong = _sample.Bytes.ToArray();
        wrong[Geometry.PieceSize] ^= 1;
        using var download = await BeginAsync(line, wrong, [0]);
        await HasAsync(1);

        await download.RequestStream.WriteAsync(new ServePartRequest { Pieces = { 1 } }, Cancel);

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await download)).StatusCode);
        Assert.Null(_peer.Daemon.Partials.Find(Root, null));
        Assert.Equal("NO_SUCH_CONTENT", DaemonFixture.ReasonOf(await Assert.ThrowsAsync<RpcException>(() => DescribeAsync(null))));
    }

    [Fact]
    public async Task Watch_PiecesComeUntilTheFileIsWhole_TellsThemAndEnds()
    {
        using var line = await StartAsync();
        using var download = await BeginAsync(line, _sample.Bytes, [0]);
        await HasAsync(1);
        PieceMap map = new(Geometry);
        using var call = _peer.Client.WatchAvailability(new WatchAvailabilityRequest { Root = Root }, cancellationToken: Cancel);

        Assert.True(await call.ResponseStream.MoveNext(Cancel) && map.Take(call.ResponseStream.Current));
        Assert.Equal((true, false), (map.Has(0), map.Has(7)));
        await download.RequestStream.WriteAsync(new ServePartRequest { Pieces = { 7 } }, Cancel);
        Assert.True(await call.ResponseStream.MoveNext(Cancel) && map.Take(call.ResponseStream.Current));
        Assert.True(map.Has(7));
        await download.RequestStream.WriteAsync(new ServePartRequest { Pieces = { Pieces(_ => true) } }, Cancel);
        while (await call.ResponseStream.MoveNext(Cancel))
        {
            Assert.True(map.Take(call.ResponseStream.Current));
        }

        Assert.True(map.IsComplete);
    }

    [Fact]
    public async Task Publish_ADownloadUnderWay_IsListedAsAPartAndGoneAfterwards()
    {
        using var line = await StartAsync();
        using (var download = await BeginAsync(line, _sample.Bytes, [0]))
        {
            await HasAsync(1);
            Assert.True(SharedPath.IsPartial(Assert.Single(_peer.Daemon.Catalog.Current.Files.Values).Path));
        }

        await Wait.UntilAsync(() => _peer.Daemon.Catalog.Current.Files.Count == 0);
    }

    [Fact]
    public async Task Fetch_FromAPartAndASeed_TakesFromBothAndIsExact()
    {
        using var line = await StartAsync();
        using var download = await BeginAsync(line, _sample.Bytes, Pieces(piece => piece % 2 == 0));
        await HasAsync((PieceCount + 1) / 2);
        await using var seed = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _sample));

        var result = await FetchAsync(null, Partial(), seed.AsPeer("seed"));

        Assert.Null(result.Problem);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(_folder.File("got"), Cancel));
        Assert.All(result.Sources, source => Assert.True(source.Bytes > 0 && source.Fault is null, source.Fault?.Message));
    }

    [Fact]
    public async Task Fetch_FromOneThatIsStillFetching_FollowsIt()
    {
        using var line = await StartAsync();
        using var download = await BeginAsync(line, _sample.Bytes, [3]);
        await HasAsync(1);
        var fetch = FetchAsync(null, Partial());
        foreach (var pieces in Pieces(_ => true).Reverse().Chunk(50))
        {
            await download.RequestStream.WriteAsync(new ServePartRequest { Pieces = { pieces } }, Cancel);
        }

        Assert.Null((await fetch).Problem);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(_folder.File("got"), Cancel));
    }

    [Fact]
    public async Task Get_BesideADaemon_HasItServeWhatItHas()
    {
        using var line = await StartAsync();
        await using var seed = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _sample));

        var result = await FetchAsync(new DaemonParts(line), seed.AsPeer("seed"));

        Assert.Null(result.Problem);
        // It is served a while longer when it is whole.
        Assert.True(_peer.Daemon.Partials.Find(Root, null)?.IsComplete);
        var messages = await _peer.DownloadAsync(new DownloadRange { Root = Root });
        Assert.Equal(_sample.Bytes, messages.SelectMany(m => m.Data));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(12_345, 300)]
    [InlineData(16 * 1024, 3)]
    public void PieceMap_Nonsense_IsRefused(long pieceLength, int bitmap)
    {
        Assert.False(new PieceMap(Geometry).Take(Told(pieceLength, new byte[bitmap])));
        Assert.False(new PieceMap(Geometry).Take(new WatchAvailabilityResponse { Pieces = { 99_999 } }));
    }

    [Fact]
    public void PieceMap_OtherPieces_CountOnlyWhereTheyCoverOurs()
    {
        // Of 16 KiB: the first four are our first piece, of the second one is missing.
        var bitmap = new byte[((17 * 64) + 1 + 7) / 8];
        bitmap[0] = 0b1111_1101;
        PieceMap map = new(Geometry);

        Assert.True(map.Take(Told(16 * 1024, bitmap)));

        Assert.Equal((true, false, false), (map.Has(0), map.Has(1), map.Has(2)));
    }

    static WatchAvailabilityResponse Told(long pieceLength, byte[] bitmap) =>
        new() { Availability = new Availability { PieceLength = pieceLength, Bitmap = Google.Protobuf.ByteString.CopyFrom(bitmap) } };

    long[] Pieces(Func<int, bool> which) => [.. Enumerable.Range(0, PieceCount).Where(which).Select(piece => (long)piece)];

    SourcePeer Partial() =>
        new("part", "part", new PeerEndpoint(System.Net.IPAddress.Loopback, new Uri(_peer.Daemon.Url).Port, secure: false)) { Partial = true };

    async Task<LocalDaemon> StartAsync()
    {
        await _peer.StartAsync();
        _held = _peer.Files.TryLock();
        return LocalDaemon.TryConnect(_peer.Files)!;
    }

    Task HasAsync(int pieces) => Wait.UntilAsync(() => _peer.Daemon.Partials.Find(Root, null)?.Count >= pieces);

    async Task<DescribeResponse> DescribeAsync(HashRange? hashes) =>
        await _peer.Client.DescribeAsync(new DescribeRequest { Root = Root, Hashes = hashes }, cancellationToken: Cancel);

    async Task<AsyncClientStreamingCall<ServePartRequest, ServePartResponse>> BeginAsync(LocalDaemon line, byte[] bytes, long[] pieces)
    {
        var part = _folder.File("part");
        await File.WriteAllBytesAsync(part, bytes, Cancel);
        var layer = _sample.Tree.Nodes(Geometry.PieceLevel, 0, PieceCount);
        var call = line.Client.ServePart(cancellationToken: Cancel);
        PartHeader header = new()
        {
            Root = Root,
            Length = _sample.Id.Length,
            Name = "name.bin",
            PartFile = part,
            PieceLayer = Google.Protobuf.ByteString.CopyFrom(layer.Span),
        };
        await call.RequestStream.WriteAsync(new ServePartRequest { Header = header, Pieces = { pieces } }, Cancel);
        return call;
    }

    async Task<FileResult> FetchAsync(IPartSharing? sharing, params SourcePeer[] sources)
    {
        using PeerChannels channels = new(new DialPolicy(AllowLoopback: true));
        FileFetcher fetcher = new(
            channels, (_, _) => Task.FromResult<IReadOnlyList<SourcePeer>>(sources), new FetchMeter(), new SourceBans(),
            new FetchOptions { Patience = TimeSpan.Zero }, sharing, TimeProvider.System);
        return await fetcher.FetchAsync(new WantedFile(_sample.Id, "got", sources), _folder.File("got"), syncFolder: true, Cancel);
    }
}
