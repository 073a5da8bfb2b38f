namespace P2P.Content.Tests.Roots;

/// <summary>Our roots against those of an independent BitTorrent v2 implementation.</summary>
public sealed class LibtorrentTests
{
    // Makes one torrent over the folder in argv[1] and prints "size root" for each of its files; the empty file has none.
    const string Script = """
        import sys, libtorrent as lt
        storage = lt.file_storage()
        lt.add_files(storage, sys.argv[1], flags=lt.create_torrent.v2_only)
        torrent = lt.create_torrent(storage, 0, lt.create_torrent.v2_only)
        lt.set_piece_hashes(torrent, sys.argv[1].rsplit('/', 1)[0])
        def walk(tree):
            for node in tree.values():
                if b'' in node:
                    leaf = node[b'']
                    print(leaf[b'length'], leaf.get(b'pieces root', bytes(32)).hex())
                else:
                    walk(node)
        walk(torrent.generate()[b'info'][b'file tree'])
        """;

    [Fact]
    public async Task Root_OfEveryLength_IsLibtorrents()
    {
        string python = ForeignTool.Python("apt-get install python3-libtorrent", "libtorrent");
        Random random = new(52);
        SortedSet<long> lengths = [0, 1, 16383, 16384, 16385, 1024 * 1024, 100 * 1024 * 1024 + 1,
            .. Enumerable.Range(0, 12).Select(_ => random.NextInt64(1, 1 << random.Next(1, 24)))];
        using TemporaryFolder folder = new();
        foreach (long length in lengths)
            folder.Write($"f{length}", Samples.Bytes(length, seed: (int)length));
        Dictionary<long, string> theirs = await RootsOf(python, folder.Path);
        Assert.Equal(lengths, theirs.Keys.Order());
        foreach (long length in lengths)
        {
            FileHash? ours = await FileHasher.HashAsync(folder.File($"f{length}"), 2, null, TestContext.Current.CancellationToken);
            Assert.Equal(theirs[length], ours!.Content.Root.ToString());
        }
    }

    static async Task<Dictionary<long, string>> RootsOf(string python, string folder)
    {
        await using ForeignProcess torrent = ForeignProcess.Start(python, ["-c", Script, folder]);
        (int exit, string output, string errors) = await torrent.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.True(exit == 0, errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
            .ToDictionary(parts => long.Parse(parts[0], null), parts => parts[1]);
    }
}
