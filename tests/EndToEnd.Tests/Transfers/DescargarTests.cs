using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Transfers;

/// <summary>Downloads through the directory, by curl.</summary>
public sealed class DescargarTests
{
    const long GiB = 1L << 30;
    const long MiB = 1 << 20;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Descargar_OfOneGiB_IsExactAndStreamed()
    {
        using var folder = new TemporaryFolder();
        var file = TestFile.Create(folder.File("big/one gib.bin"), GiB, seed: 6);
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var source = await ProxiedSource.StartAsync(directory, file, "source", Stop);
        var before = directory.Program.ResidentBytes;

        var held = source.Traffic.HoldAt(source.Traffic.Downstream + 16 * MiB);
        await using var curl = Curl(directory, """{"archivo":"one gib.bin"}""", folder);
        await held.WaitAsync(Stop);
        await WaitForFirstByteAsync(folder.File("got"));
        source.Traffic.Release();
        var (exitCode, _, errors) = await curl.CompleteAsync(Stop);

        Assert.True(exitCode == 0, errors);
        Assert.Contains($"content-length: {GiB}", await File.ReadAllTextAsync(folder.File("headers"), Stop), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(await Shell.Sha256SumAsync(file, Stop), await Shell.Sha256SumAsync(folder.File("got"), Stop));
        Assert.InRange(directory.Program.ResidentBytes - before, long.MinValue, 64 * MiB);
    }

    [Fact]
    public async Task Descargar_SourceKilledMidway_MakesCurlFail()
    {
        using var folder = new TemporaryFolder();
        var file = TestFile.Create(folder.File("big/cut.bin"), GiB, seed: 7);
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var source = await ProxiedSource.StartAsync(directory, file, "source", Stop);

        var held = source.Traffic.HoldAt(source.Traffic.Downstream + GiB / 2);
        await using var curl = Curl(directory, """{"archivo":"cut.bin"}""", folder);
        await held.WaitAsync(Stop);
        await source.Peer.KillAsync();
        source.Traffic.Release();
        var (exitCode, _, _) = await curl.CompleteAsync(Stop);

        Assert.NotEqual(0, exitCode);
        Assert.InRange(new FileInfo(folder.File("got")).Length, 1, GiB - 1);
    }

    [Fact]
    public async Task Descargar_SourceFlipsABit_MakesCurlFail()
    {
        using var folder = new TemporaryFolder();
        var file = TestFile.Create(folder.File("big/poisoned.bin"), 64 * MiB, seed: 8);
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var source = await ProxiedSource.StartAsync(directory, file, "liar", Stop);
        source.Traffic.FlipBitAt(source.Traffic.Downstream + 10 * MiB);

        await using var curl = Curl(directory, """{"archivo":"poisoned.bin"}""", folder);
        var (exitCode, _, _) = await curl.CompleteAsync(Stop);

        Assert.NotEqual(0, exitCode);
        Assert.InRange(new FileInfo(folder.File("got")).Length, 0, 10 * MiB);
        Assert.Contains("liar", directory.Program.Output, StringComparison.Ordinal);
    }

    static ForeignProcess Curl(RunningDirectory directory, string body, TemporaryFolder folder) => ForeignProcess.Start(
        Shell.Curl,
        [
            "-sS", "-f", "-H", "content-type: application/json", "-d", body, "-D", folder.File("headers"), "-o", folder.File("got"),
            new Uri(directory.Address, "/descargar").ToString(),
        ]);

    static async Task WaitForFirstByteAsync(string path)
    {
        while (!File.Exists(path) || new FileInfo(path).Length == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        }
    }
}
