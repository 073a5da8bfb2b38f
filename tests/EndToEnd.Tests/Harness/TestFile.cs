namespace P2P.EndToEnd.Tests.Harness;

static class TestFile
{
    /// <summary>Writes a file of pseudo-random bytes, the same for the same seed.</summary>
    public static string Create(string path, long length, int seed)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var random = new Random(seed);
        var buffer = new byte[1024 * 1024];
        using var file = File.Create(path);
        for (var left = length; left > 0; left -= buffer.Length)
        {
            random.NextBytes(buffer);
            file.Write(buffer, 0, (int)Math.Min(left, buffer.Length));
        }

        return path;
    }
}
