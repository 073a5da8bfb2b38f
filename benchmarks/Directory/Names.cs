using System.Globalization;
using P2P.Contracts.DirectoryV1;

namespace P2P.DirectoryBench;

/// <summary>Files as a package archive has them: paths of about 60 bytes whose words come again and again, random roots. The same at every run.</summary>
static class Names
{
    static readonly string[] Words =
        ["lib", "doc", "share", "core", "python", "gnome", "kernel", "module", "theme", "icon", "locale", "test", "data", "image", "config", "fonts", "server", "client"];

    static readonly string[] Extensions = ["so", "py", "png", "gz", "html", "h", "conf", "txt"];

    public static PublishRequest Batch(int peer, int number, int size)
    {
        var random = new Random(HashCode.Combine(7, peer, number));
        var batch = new PublishRequest { Sequence = number + 1 };
        var folder = string.Create(CultureInfo.InvariantCulture, $"label{peer}/usr/{number:000000}-{Word(random)}/{Word(random)}");
        Span<byte> root = stackalloc byte[32];
        var files = new FileEntry[size];
        for (var i = 0; i < size; i++)
        {
            random.NextBytes(root);
            var name = string.Create(CultureInfo.InvariantCulture, $"{folder}/{Word(random)}/{Word(random)}_{Word(random)}{i}.{Extensions[random.Next(Extensions.Length)]}");
            files[i] = new FileEntry { Path = name, Size = random.Next(32 * 1024, int.MaxValue), Root = Convert.ToHexStringLower(root) };
        }

        // Peers send their files in the order of their paths, from one batch to the next too.
        Array.Sort(files, (one, other) => string.CompareOrdinal(one.Path, other.Path));
        batch.Upserts.AddRange(files);
        return batch;
    }

    public static string Word(Random random) => Words[random.Next(Words.Length)];
}
