using Google.Rpc;
using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Tests.Serving;

public sealed class DownloadTests : IAsyncDisposable
{
    readonly DaemonFixture _peer = new();

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    [Fact]
    public async Task Download_WholeFile_GivesItsBytes()
    {
        var bytes = DaemonFixture.Bytes(1_000_001, 1);
        _peer.Write("a.bin", bytes);
        await _peer.StartAsync();

        var messages = await _peer.DownloadAsync(Range(bytes));

        Assert.Equal(bytes, messages.SelectMany(message => message.Data));
        Assert.Equal([0, 262_144, 524_288, 786_432], messages.Select(message => message.Offset));
    }

    [Fact]
    public async Task Download_ManyRanges_ComeInOrderWithFailuresBetween()
    {
        var (first, second) = (DaemonFixture.Bytes(50_000, 1), DaemonFixture.Bytes(100, 2));
        _peer.Write("first", first);
        _peer.Write("second", second);
        _peer.Write("empty", []);
        await _peer.StartAsync();

        var messages = await _peer.DownloadAsync(
            new DownloadRange { Path = "second", Offset = 10, Count = 20 },
            new DownloadRange { Path = "nowhere" },
            new DownloadRange { Path = "share/first", Offset = 49_999 },
            new DownloadRange { Path = "first", Offset = 50_001 },
            new DownloadRange { Path = "first", Offset = 1, Count = 50_000 },
            new DownloadRange { Path = "empty" },
            new DownloadRange { Path = "first", Offset = 50_000 });

        Assert.Equal(Enumerable.Range(0, 7), messages.Select(message => message.RangeIndex));
        Assert.Equal(second[10..30], messages[0].Data);
        Assert.Equal((int)StatusCode.NotFound, messages[1].Failure.Code);
        Assert.Equal("NO_SUCH_CONTENT", messages[1].Failure.GetDetail<ErrorInfo>().Reason);
        Assert.Equal(first[49_999..], messages[2].Data);
        Assert.Equal((int)StatusCode.OutOfRange, messages[3].Failure.Code);
        Assert.Equal((int)StatusCode.OutOfRange, messages[4].Failure.Code);
        Assert.Null(messages[5].Failure);
        Assert.Empty(messages[6].Data);
    }

    [Fact]
    public async Task Download_ChunkLength_IsTheLargestMessage()
    {
        _peer.Write("a", DaemonFixture.Bytes(10_000, 1));
        await _peer.StartAsync();
        var request = new DownloadRequest { Ranges = { new DownloadRange { Path = "a" } }, ChunkLength = 4_000 };

        using var call = _peer.Client.Download(request, cancellationToken: DaemonFixture.Cancellation);
        var lengths = new List<int>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(DaemonFixture.Cancellation))
        {
            lengths.Add(message.Data.Length);
        }

        Assert.Equal([4_000, 4_000, 2_000], lengths);
    }

    [Fact]
    public async Task Download_FileRewrittenInPlace_SaysChangedAndPublishesAnew()
    {
        var before = DaemonFixture.Bytes(10_000, 1);
        var path = _peer.Write("a", before);
        await _peer.StartAsync(options => options with { Sharing = options.Sharing with { QuietTime = TimeSpan.FromMilliseconds(500) } });
        var time = File.GetLastWriteTimeUtc(path);
        var after = DaemonFixture.Bytes(10_000, 2);
        await File.WriteAllBytesAsync(path, after, DaemonFixture.Cancellation);
        File.SetLastWriteTimeUtc(path, time);

        var answer = Assert.Single(await _peer.DownloadAsync(Range(before)));

        Assert.Contains(answer.Failure.GetDetail<ErrorInfo>().Reason, (string[])["CHANGED", "NO_SUCH_CONTENT"]);
        Assert.Empty(answer.Data);
        // Whoever looks while the file is being hashed anew finds neither the old content nor the new one.
        await Wait.UntilAsync(() => _peer.Daemon.Catalog.Current.Files.GetValueOrDefault("share/a")?.Content == DaemonFixture.ContentOf(after));
        Assert.Equal(after, (await _peer.DownloadAsync(Range(after))).SelectMany(message => message.Data));
    }

    [Fact]
    public async Task Download_FileSwappedForLink_IsNotFollowed()
    {
        var bytes = DaemonFixture.Bytes(1_000, 1);
        var path = _peer.Write("a", bytes);
        var outside = Path.Combine(_peer.Files.Folder, "secret");
        await _peer.StartAsync(options => options with { Sharing = options.Sharing with { QuietTime = TimeSpan.FromSeconds(30) } });
        await File.WriteAllBytesAsync(outside, bytes, DaemonFixture.Cancellation);
        File.Delete(path);
        File.CreateSymbolicLink(path, outside);

        var answer = Assert.Single(await _peer.DownloadAsync(Range(bytes)));

        Assert.Equal("CHANGED", answer.Failure.GetDetail<ErrorInfo>().Reason);
    }

    [Fact]
    public async Task Download_NoSlotFree_SaysWhenToComeBack()
    {
        _peer.Write("a", DaemonFixture.Bytes(64 * 1024 * 1024, 1));
        await _peer.StartAsync(options => options with { Serving = options.Serving with { UploadSlots = 1 } });
        using var first = _peer.Client.Download(
            new DownloadRequest { Ranges = { new DownloadRange { Path = "a" } } }, cancellationToken: DaemonFixture.Cancellation);
        Assert.True(await first.ResponseStream.MoveNext(DaemonFixture.Cancellation));

        var refused = await Assert.ThrowsAsync<RpcException>(() => _peer.DownloadAsync(new DownloadRange { Path = "a" }));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal("NO_SLOT", DaemonFixture.ReasonOf(refused));
        Assert.True(RpcFailures.RetryDelayOf(refused) > TimeSpan.Zero);
        first.Dispose();
        await Wait.UntilAsync(() => _peer.Daemon.Slots.Free == 1);
    }

    [Fact]
    public async Task Download_BadRanges_NamesThemAll()
    {
        await _peer.StartAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(() => _peer.DownloadAsync(
            new DownloadRange(), new DownloadRange { Path = "a", Root = new string('0', 64) }, new DownloadRange { Root = "XY", Offset = -1 }));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        var fields = refused.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Select(violation => violation.Field);
        Assert.Superset(new HashSet<string> { "ranges[0].root", "ranges[1].root", "ranges[2].root", "ranges[2].offset" }, fields.ToHashSet());
    }

    static DownloadRange Range(byte[] bytes) => new() { Root = DaemonFixture.ContentOf(bytes).Root.ToString(), Length = bytes.Length };
}
