using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Tests.Serving;

public sealed class DescribeTests : IAsyncDisposable
{
    readonly DaemonFixture _peer = new();

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    [Theory]
    [InlineData(0, 8, 8)]
    [InlineData(0, 128, 16)]
    [InlineData(1, 0, 1)]
    [InlineData(2, 0, 64)]
    [InlineData(3, 16, 16)]
    [InlineData(8, 0, 1)]
    public async Task Describe_HashesOfAnyLayer_LeadToTheRoot(int layer, long index, int count)
    {
        var bytes = DaemonFixture.Bytes((140 * 16 * 1024) + 5, 1);
        _peer.Write("deep/a.bin", bytes);
        await _peer.StartAsync();
        var content = DaemonFixture.ContentOf(bytes);

        var answer = await DescribeAsync(new DescribeRequest
        {
            Root = content.Root.ToString(),
            Hashes = new HashRange { Layer = layer, Index = index, Count = count },
        });

        Assert.Equal(("share/deep/a.bin", content.Length, true), (answer.Path, answer.Length, answer.Availability.Complete));
        Assert.Equal(count * 32, answer.Hashes.Length);
        Assert.True(new MerkleProof(layer, index, answer.Hashes.Memory, answer.Proof.Memory).Proves(content));
    }

    [Theory]
    [InlineData(0, 256, 8)]
    [InlineData(9, 0, 1)]
    [InlineData(0, 4, 8)]
    [InlineData(0, 0, 3)]
    public async Task Describe_HashesThatTheTreeHasNot_AreViolations(int layer, long index, int count)
    {
        _peer.Write("a", DaemonFixture.Bytes(140 * 16 * 1024, 1));
        await _peer.StartAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(() => DescribeAsync(new DescribeRequest
        {
            Path = "a",
            Hashes = new HashRange { Layer = layer, Index = index, Count = count },
        }));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task Describe_NamesAndRoots_AreToldApart()
    {
        var leaves = DaemonFixture.Bytes(32 * 1024, 3);
        var node = new byte[64];
        MerkleHash.Block(leaves.AsSpan(0, 16 * 1024), node);
        MerkleHash.Block(leaves.AsSpan(16 * 1024), node.AsSpan(32));
        _peer.Write("x/name", leaves);
        _peer.Write("y/name", node);
        _peer.Write("z/copy", node);
        _peer.Write("copy", node);
        await _peer.StartAsync();
        var root = DaemonFixture.ContentOf(leaves).Root.ToString();
        Assert.Equal(root, DaemonFixture.ContentOf(node).Root.ToString());

        Assert.Equal("AMBIGUOUS_NAME", await ReasonAsync(new DescribeRequest { Path = "name" }));
        Assert.Equal("AMBIGUOUS_CONTENT", await ReasonAsync(new DescribeRequest { Root = root }));
        Assert.Equal("NO_SUCH_CONTENT", await ReasonAsync(new DescribeRequest { Root = root, Length = 63 }));
        Assert.Equal(64, (await DescribeAsync(new DescribeRequest { Root = root, Length = 64 })).Length);
        Assert.Equal(64, (await DescribeAsync(new DescribeRequest { Path = "copy" })).Length);
        Assert.Equal(32 * 1024, (await DescribeAsync(new DescribeRequest { Path = "share/x/name" })).Length);
    }

    [Fact]
    public async Task Describe_FileGone_SaysChanged()
    {
        var path = _peer.Write("a", [1, 2, 3]);
        await _peer.StartAsync(options => options with { Sharing = options.Sharing with { QuietTime = TimeSpan.FromSeconds(30) } });
        File.Delete(path);

        Assert.Equal("CHANGED", await ReasonAsync(new DescribeRequest { Path = "a" }));
    }

    [Fact]
    public async Task Search_ManyFiles_ComesInPages()
    {
        for (var i = 0; i < 7; i++)
        {
            _peer.Write($"Número {i}.txt", [1]);
        }

        await _peer.StartAsync();
        var (names, token) = (new List<string>(), "");
        do
        {
            var page = await _peer.Client.SearchAsync(
                new SearchRequest { Archivo = "numero", PageSize = 3, PageToken = token }, cancellationToken: DaemonFixture.Cancellation);
            names.AddRange(page.Files.Select(file => file.Path));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"share/Número {i}.txt"), names);
    }

    [Fact]
    public async Task WatchAvailability_CompleteFile_SaysSoAndEnds()
    {
        _peer.Write("a", [1, 2, 3]);
        await _peer.StartAsync();
        var request = new WatchAvailabilityRequest { Root = DaemonFixture.ContentOf([1, 2, 3]).Root.ToString() };

        using var call = _peer.Client.WatchAvailability(request, cancellationToken: DaemonFixture.Cancellation);

        Assert.True(await call.ResponseStream.MoveNext(DaemonFixture.Cancellation));
        Assert.True(call.ResponseStream.Current.Availability.Complete);
        Assert.False(await call.ResponseStream.MoveNext(DaemonFixture.Cancellation));
    }

    async Task<DescribeResponse> DescribeAsync(DescribeRequest request) =>
        await _peer.Client.DescribeAsync(request, cancellationToken: DaemonFixture.Cancellation);

    async Task<string> ReasonAsync(DescribeRequest request) =>
        DaemonFixture.ReasonOf(await Assert.ThrowsAsync<RpcException>(() => DescribeAsync(request)));
}
