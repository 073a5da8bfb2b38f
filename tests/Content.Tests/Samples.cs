namespace P2P.Content.Tests;

/// <summary>Bytes and files that tests share.</summary>
static class Samples
{
    /// <summary>The same pseudo-random bytes for the same seed.</summary>
    public static byte[] Bytes(long length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Root and length of bytes that fit in memory.</summary>
    public static ContentId ContentOf(ReadOnlySpan<byte> data)
    {
        MerkleHasher hasher = new();
        hasher.Append(data);
        return new ContentId(hasher.Finish(), data.Length);
    }

    /// <summary>The whole tree over bytes that fit in memory.</summary>
    public static MerkleTree TreeOf(ReadOnlySpan<byte> data)
    {
        MerkleHasher hasher = new(layer: 0);
        hasher.Append(data);
        hasher.Finish();
        return MerkleTree.FromLayer(new TreeShape(data.Length), 0, hasher.Layer.Span);
    }

    /// <summary>Writes a file into a test's folder; its path.</summary>
    public static string Write(this TemporaryFolder folder, string name, byte[] data)
    {
        File.WriteAllBytes(folder.File(name), data);
        return folder.File(name);
    }
}
