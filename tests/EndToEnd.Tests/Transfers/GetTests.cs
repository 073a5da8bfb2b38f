using System.Text.Json.Nodes;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Transfers;

/// <summary>A peer fetches what another one shares; independent tools say whether it is the same.</summary>
public sealed class GetTests
{
    const long Big = 2L << 30;
    const long MiB = 1 << 20;

    /// <summary>The system's own tree of shared data files, and how many of them make it a real one.</summary>
    const string RealTree = "/usr/share";
    const int RealTreeFiles = 20_000;
    const int SmallFiles = 1_000;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_FromARealTree_BigFileAndThousandSmallOnesAgree()
    {
        using var folder = new TemporaryFolder();
        var big = TestFile.Create(folder.File("big/big file.bin"), Big, seed: 1);
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var peer = RunningPeer.Share(directory, folder.File("peer"), RealTree, Path.GetDirectoryName(big)!, "--json");
        var shared = (int)JsonNode.Parse(await peer.WaitForAsync("\"ready\"", Stop))!["files"]!;
        Assert.InRange(shared, RealTreeFiles, int.MaxValue);
        await WaitForFilesAsync(directory, shared);

        var (exitCode, output) = await RunningPeer.RunAsync(
            directory, folder.File("other"), Stop, "get", Path.GetFileName(big), "-o", folder.File("got/big.bin"));
        Assert.True(exitCode == 0, output);
        Assert.Equal(await Shell.Sha256SumAsync(big, Stop), await Shell.Sha256SumAsync(folder.File("got/big.bin"), Stop));

        var wanted = await SmallFilesAsync();
        await File.WriteAllLinesAsync(folder.File("wanted"), wanted.Select(path => "share/" + Path.GetRelativePath(RealTree, path)), Stop);
        (exitCode, output) = await RunningPeer.RunAsync(
            directory, folder.File("other"), Stop, "get", "--from-list", folder.File("wanted"), "-o", folder.File("small"));
        Assert.True(exitCode == 0, output);
        await AssertSameFilesAsync(wanted, folder.File("small"));
    }

    /// <summary>Kills (10, or P2P_KILLS of them): what was verified before a kill is never fetched again, but for what was in flight.</summary>
    [Fact]
    public async Task Get_FromFourKilledManyTimes_GoesOnFromItsJournal()
    {
        const int sources = 4;
        const long size = 1L << 30;
        var kills = int.TryParse(Environment.GetEnvironmentVariable("P2P_KILLS"), out var asked) ? asked : 10;
        using var folder = new TemporaryFolder();
        var big = TestFile.Create(folder.File("big/big.bin"), size, seed: 2);
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var swarm = new Swarm();
        for (var source = 0; source < sources; source++)
        {
            await swarm.AddAsync(directory, big, Stop);
        }

        string[] get = ["get", swarm.Root, "-o", folder.File("got/big.bin")];
        var known = new HashSet<int>();

        for (var kill = 1; kill <= kills; kill++)
        {
            var held = swarm.Traffic.HoldAt(kill * (size / (kills + 1)));
            await using var killed = RunningPeer.Start(directory, folder.File("other"), get);
            await held.WaitAsync(Stop);
            await killed.KillAsync();
            swarm.Traffic.Release();
            await PartFiles.AssertJournalIsTrueAsync(folder.File("got"), big, folder.File("copy"), known, Stop);
            Assert.False(File.Exists(folder.File("got/big.bin")));
        }

        var (exitCode, output) = await RunningPeer.RunAsync(directory, folder.File("other"), Stop, get);
        Assert.True(exitCode == 0, output);
        Assert.Equal(await Shell.Sha256SumAsync(big, Stop), await Shell.Sha256SumAsync(folder.File("got/big.bin"), Stop));
        Assert.InRange(swarm.Traffic.Downstream, size, size + kills * 16 * MiB);
    }

    [Fact]
    public async Task Get_FromASourceThatFlipsABit_RefusesAndNamesIt()
    {
        using var folder = new TemporaryFolder();
        var file = TestFile.Create(folder.File("big/poisoned.bin"), 64 * MiB, seed: 4);
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var source = await ProxiedSource.StartAsync(directory, file, "liar", Stop);
        source.Traffic.FlipBitAt(10 * MiB);

        var (exitCode, output) = await RunningPeer.RunAsync(
            directory, folder.File("other"), Stop, "get", source.Root, "-o", folder.File("got/poisoned.bin"));

        Assert.NotEqual(0, exitCode);
        Assert.Contains("liar", output, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("got/poisoned.bin")));
    }

    [Fact]
    public async Task Put_ToAPeerWithAnInbox_ArrivesAndToOthersIsRefused()
    {
        using var folder = new TemporaryFolder();
        var file = TestFile.Create(folder.File("mine/gift.bin"), 20 * MiB + 1, seed: 5);
        Directory.CreateDirectory(folder.File("empty"));
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var closed = RunningPeer.Share(directory, folder.File("closed"), folder.File("mine"));
        await directory.WaitForHitAsync("gift.bin", Stop);
        var (exitCode, output) = await RunningPeer.RunAsync(directory, folder.File("other"), Stop, "put", file, "--to", "tester");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("--accept", output, StringComparison.Ordinal);
        await closed.SignalAsync("TERM");
        Assert.Equal(0, (await closed.CompleteAsync(Stop)).ExitCode);

        await using var open = RunningPeer.Share(
            directory, folder.File("open"), folder.File("empty"), "--accept", "any", "--inbox", folder.File("inbox"));
        await open.WaitForAsync("Online at", Stop);
        (exitCode, output) = await RunningPeer.RunAsync(directory, folder.File("other"), Stop, "put", file, "--to", "tester");
        Assert.True(exitCode == 0, output);
        Assert.Equal(await Shell.Sha256SumAsync(file, Stop), await Shell.Sha256SumAsync(folder.File("inbox/gift.bin"), Stop));
    }

    static async Task WaitForFilesAsync(RunningDirectory directory, int count)
    {
        while (true)
        {
            var (_, index) = await directory.PostAsync("/index", """{"peersOnly":true}""", Stop);
            if (index["peers"]!.AsArray().Sum(entry => (int?)entry!["peer"]!["fileCount"] ?? 0) >= count)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, Stop);
        }
    }

    /// <summary>Small regular files whose paths a shell can list line by line, spread over the whole tree.</summary>
    static async Task<List<string>> SmallFilesAsync()
    {
        var listed = await Shell.RunAsync(
            "find", Stop, RealTree, "-type", "f", "-size", "-64k", "-readable", "-not", "-path", "*\\\\*", "-not", "-name", ".*", "-not", "-path", "*/.*");
        var paths = listed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Array.Sort(paths, StringComparer.Ordinal);
        return Enumerable.Range(0, SmallFiles).Select(i => paths[(long)i * paths.Length / SmallFiles]).ToList();
    }

    static async Task AssertSameFilesAsync(List<string> originals, string folder)
    {
        var expected = await Sha256SumsAsync(originals);
        var actual = await Sha256SumsAsync(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
        Assert.Equal(expected.Order(), actual.Order());
    }

    static async Task<IEnumerable<string>> Sha256SumsAsync(IEnumerable<string> paths) =>
        (await Shell.RunAsync("sha256sum", Stop, [.. paths]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[..64]);
}
