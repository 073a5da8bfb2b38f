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
}

/// <summary>A folder of its own for a test, removed with it.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = System.IO.Directory.CreateTempSubdirectory("content-tests-").FullName;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, byte[] data)
    {
        File.WriteAllBytes(At(name), data);
        return At(name);
    }

    public void Dispose() => System.IO.Directory.Delete(Path, recursive: true);
}
