using Microsoft.Win32.SafeHandles;

namespace P2P.Content.Tests.Roots;

public sealed class FileHasherTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16384)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(1024 * 1024)]
    [InlineData(5 * 1024 * 1024 + 12345)]
    public async Task Hash_AnyLength_RootAndPieceLayerEqualOracle(int length)
    {
        byte[] data = Samples.Bytes(length);
        FileHash? hash = await FileHasher.HashAsync(_folder.Write("f", data), threads: 3, null, Cancel);
        Assert.NotNull(hash);
        Assert.Equal(length, hash.Content.Length);
        Assert.Equal(MerkleOracle.Root(data), hash.Content.Root.ToArray());
        Assert.Equal(hash.Content.Root, hash.ToTree().Root);
        IEnumerable<byte[]> layer = length == 0 ? [] : MerkleOracle.Levels(data)[hash.Geometry.PieceLevel];
        Assert.Equal(layer.Take((int)hash.Geometry.PieceCount).SelectMany(h => h), hash.PieceLayer.ToArray());
    }

    [Fact]
    public async Task Hash_Progress_AddsUpToTheLength()
    {
        Total total = new();
        await FileHasher.HashAsync(_folder.Write("f", Samples.Bytes(3_000_000)), threads: 2, total, Cancel);
        Assert.Equal(3_000_000, total.Sum);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Hash_FileShortenedRewrittenOrGrownWhileRead_GivesNull(int delta)
    {
        byte[] data = Samples.Bytes(3_000_000);
        string path = _folder.Write("f", data);
        DateTime modified = File.GetLastWriteTimeUtc(path);
        Total change = new(() =>
        {
            using FileStream writer = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            writer.SetLength(data.Length + delta);
            writer.WriteByte(0xff);
            writer.Flush();
            // Putting the modification time back must not hide the change.
            File.SetLastWriteTimeUtc(path, modified);
        });
        Assert.Null(await FileHasher.HashAsync(path, threads: 1, change, Cancel));
    }

    [Fact]
    public async Task Hash_Cancelled_Throws()
    {
        string path = _folder.Write("f", new byte[100]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => FileHasher.HashAsync(path, threads: 1, null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Prove_EveryRunOfEveryLevel_Verifies()
    {
        string path = _folder.Write("f", Samples.Bytes(11 * 16384 + 5));
        FileHash? hash = await FileHasher.HashAsync(path, threads: 1, null, Cancel);
        MerkleTree tree = hash!.ToTree();
        using SafeFileHandle file = File.OpenHandle(path);
        for (int level = 0; level <= tree.Shape.Height; level++)
        {
            for (int count = 1; count <= 1 << (tree.Shape.Height - level); count *= 2)
            {
                for (long index = 0; index < tree.Shape.NodesAt(level); index += count)
                {
                    MerkleProof? proof = FileProver.Prove(file, tree, level, index, count);
                    Assert.NotNull(proof);
                    Assert.Equal(count * 32, proof.Nodes.Length);
                    Assert.True(proof.Proves(hash.Content));
                }
            }
        }
    }

    [Theory]
    [InlineData(11 * 16384 + 5)]
    [InlineData(130 * 1024 * 1024)]
    public async Task Prove_BlocksKept_NeedsNoFile(int length)
    {
        using SafeFileHandle file = File.OpenHandle(_folder.Write("f", Samples.Bytes(length)));
        FileHash? hash = await FileHasher.HashAsync(file, threads: 3, null, Cancel, keepBlocks: true);
        using SafeFileHandle nothing = File.OpenHandle(_folder.Write("nothing", []));
        for (int level = 0; level <= hash!.Geometry.PieceLevel; level++)
        {
            MerkleProof? proof = FileProver.Prove(nothing, hash.ToTree(), level, 2, 2, (first, end) => hash.BlockLayer[((int)first * 32)..((int)end * 32)].ToArray());
            Assert.True(proof?.Proves(hash.Content));
            // Kept hashes that are damaged are not used.
            Assert.True(FileProver.Prove(file, hash.ToTree(), level, 2, 2, (first, end) => new byte[(end - first) * 32])?.Proves(hash.Content));
        }
    }

    [Theory]
    [InlineData(200_000)]
    [InlineData(100)]
    public async Task Prove_FileDamagedSince_GivesNull(int length)
    {
        byte[] data = Samples.Bytes(200_000);
        string path = _folder.Write("f", data);
        FileHash? hash = await FileHasher.HashAsync(path, threads: 1, null, Cancel);
        data[70_000] ^= 1;
        _folder.Write("f", data[..length]);
        using SafeFileHandle file = File.OpenHandle(path);
        Assert.Null(FileProver.Prove(file, hash!.ToTree(), 0, 5, 1));
    }

    sealed class Total(Action? first = null) : IProgress<long>
    {
        Action? _first = first;
        long _sum;

        public long Sum => _sum;

        public void Report(long value)
        {
            Interlocked.Add(ref _sum, value);
            Interlocked.Exchange(ref _first, null)?.Invoke();
        }
    }
}
