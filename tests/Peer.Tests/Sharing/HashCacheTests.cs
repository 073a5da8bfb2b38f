using P2P.Content;
using P2P.Peers.Sharing;
using P2P.Peers.Tests.Serving;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Sharing;

public sealed class HashCacheTests : IDisposable
{
    static readonly FileStamp Stamp = new(1, 2, 200_000, 3, 4);

    readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Find_AfterReopening_KnowsRootAndLayer()
    {
        var hash = Hash(Stamp);
        using (var cache = Open())
        {
            cache.Store("/a", hash);
        }

        using var again = Open();

        Assert.Equal(hash.Content, again.Find("/a", Stamp));
        Assert.Equal(hash.PieceLayer.ToArray(), again.FindLayer(hash.Content));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4000, 5000)]
    [InlineData(8192, 10_001)]
    public void FindBlocks_AcrossParts_GivesThem(int first, int end)
    {
        var blocks = DaemonFixture.Bytes(10_001 * 32, 1);
        var hash = Hash(Stamp) with { BlockLayer = blocks };
        using var cache = Open();
        cache.Store("/a", hash);

        Assert.Equal(blocks[(first * 32)..(end * 32)], cache.FindBlocks(hash.Content, first, end));
        Assert.Null(cache.FindBlocks(hash.Content, first, 10_002));
    }

    [Fact]
    public void Find_OtherState_IsUnknown()
    {
        using var cache = Open();
        cache.Store("/a", Hash(Stamp));

        Assert.Null(cache.Find("/a", Stamp with { Changed = 5 }));
        Assert.Null(cache.Find("/a", Stamp with { Modified = 5 }));
        Assert.Null(cache.Find("/b", Stamp with { Modified = 5 }));
        Assert.Null(cache.Find("/b", Stamp with { Inode = 5 }));
        Assert.NotNull(cache.Find("/b", Stamp with { Changed = 5 }));
    }

    [Fact]
    public void Find_WithoutInodes_GoesByPathOnly()
    {
        using var cache = Open();
        var stamp = Stamp with { Device = 0, Inode = 0 };
        cache.Store("/a", Hash(stamp));

        Assert.NotNull(cache.Find("/a", stamp));
        Assert.Null(cache.Find("/b", stamp));
    }

    [Fact]
    public void Open_NotSeenForLong_IsForgotten()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        var hash = Hash(Stamp);
        using (var cache = Open(time))
        {
            cache.Store("/a", hash);
        }

        time.Advance(TimeSpan.FromDays(29));
        using (var cache = Open(time))
        {
            Assert.NotNull(cache.Find("/a", Stamp));
        }

        time.Advance(TimeSpan.FromDays(29));
        using (var cache = Open(time))
        {
            Assert.NotNull(cache.Find("/a", Stamp));
        }

        time.Advance(TimeSpan.FromDays(31));
        using var empty = Open(time);
        Assert.Null(empty.Find("/a", Stamp));
        Assert.Null(empty.FindLayer(hash.Content));
    }

    [Fact]
    public void Open_DamagedFile_StartsAnew()
    {
        File.WriteAllText(_temporary.File("hashes.db"), new string('x', 10_000));

        using var cache = Open();

        Assert.Null(cache.Find("/a", Stamp));
    }

    HashCache Open(TimeProvider? time = null) => HashCache.Open(_temporary.File("hashes.db"), time ?? TimeProvider.System);

    static FileHash Hash(FileStamp stamp)
    {
        var geometry = new PieceGeometry(stamp.Length);
        var layer = new byte[geometry.PieceCount * 32];
        new Random(1).NextBytes(layer);
        var tree = MerkleTree.FromLayer(geometry.Shape, geometry.PieceLevel, layer);
        return new FileHash(new ContentId(tree.Root, stamp.Length), layer, stamp);
    }
}
