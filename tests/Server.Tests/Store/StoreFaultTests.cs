using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using P2P.Server.Store;
using P2P.Toolbox;

namespace P2P.Server.Tests.Store;

/// <summary>Calls of the operating system that fail, and files that end too early: the store refuses, and never pretends.</summary>
public sealed class StoreFaultTests : IDisposable
{
    /// <summary>With <c>P2P_FAULTS=all</c> every call fails once and a file is cut at every byte; otherwise at some of them.</summary>
    static readonly bool All = Environment.GetEnvironmentVariable("P2P_FAULTS") == "all";

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("p2p-fault-");

    static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    // The calls of each thread are counted for themselves, and commits move between threads: enough of them that one gets to the second step.
    [InlineData("fsync,fdatasync", "EIO", 9, 60)]
    [InlineData("pwrite64", "ENOSPC", 13, 8)]
    [InlineData("pwrite64", "EIO", 17, 8)]
    public async Task Call_FailsOnce_NothingIsAcknowledgedThatIsNotThere(string calls, string error, int step, int commits)
    {
        var strace = ForeignTool.Program("strace", "apt-get install strace");
        var refusals = 0;
        for (var n = 1; ; n += All ? 1 : step)
        {
            var store = _folder.CreateSubdirectory(n.ToString(CultureInfo.InvariantCulture)).FullName;
            await using var process = ForeignProcess.Start(
                strace, ["-f", "-qq", "-e", $"trace={calls}", "-e", $"inject={calls}:error={error}:when={n}", "-o", Path.Combine(store, "trace"), "dotnet", StoreOracle.Probe, store, "3", $"{commits}"]);
            var (_, output, errors) = await process.CompleteAsync(None);
            var lines = output.Split('\n');
            var fault = await StoreOracle.FaultAsync(store, StoreOracle.Acknowledged(lines));
            Assert.True(fault is null, $"call {n}: {fault}\n{output}\n{errors}");
            refusals += lines.Any(line => line.StartsWith("OutcomeUnknown", StringComparison.Ordinal)) ? 1 : 0;
            if (!(await File.ReadAllTextAsync(Path.Combine(store, "trace"), None)).Contains("(INJECTED)", StringComparison.Ordinal))
            {
                break;
            }
        }

        Assert.True(refusals > 0);
    }

    [Fact]
    public async Task Log_CutAtAnyByte_GivesWhatWasCommittedUpToThere()
    {
        var killed = await KilledStoreAsync();
        var log = await File.ReadAllBytesAsync(Path.Combine(killed, "directory.db-wal"), None);
        var last = 0;
        for (var length = 0; length < log.Length; length += All ? 1 : Math.Max(1, log.Length / 211))
        {
            last = await CommitsAsync(await CopyAsync(killed, "directory.db-wal", log[..length]), last);
        }

        var whole = await CopyAsync(killed, "directory.db-wal", log);
        Assert.Null(await StoreOracle.FaultAsync(whole, new Dictionary<int, int> { [0] = 8 }));
    }

    [Fact]
    public async Task File_CutAtAnyByte_IsReadOrRefusedWithASentence()
    {
        var killed = await KilledStoreAsync();
        await using (SqliteStore.Open(Path.Combine(killed, "directory.db"), NullLogger<SqliteStore>.Instance))
        {
            // Its end moves the log into the file.
        }

        var file = await File.ReadAllBytesAsync(Path.Combine(killed, "directory.db"), None);
        for (var length = 1; length < file.Length; length += All ? 1 : Math.Max(1, file.Length / 97))
        {
            var cut = await CopyAsync(killed, "directory.db", file[..length]);
            var fault = await StoreOracle.FaultAsync(cut, new Dictionary<int, int> { [0] = 8 });
            Assert.True(fault is null || fault.StartsWith("cannot be read: ", StringComparison.Ordinal), $"{length} bytes: {fault}");
        }
    }

    async Task<string> KilledStoreAsync()
    {
        var store = _folder.CreateSubdirectory("killed").FullName;
        await using var process = ForeignProcess.Start("dotnet", [StoreOracle.Probe, store, "3", "100000"]);
        await process.WaitForLineAsync("ok 0 8", None);
        return store;
    }

    async Task<string> CopyAsync(string store, string name, byte[] bytes)
    {
        var copy = _folder.CreateSubdirectory("copy");
        copy.Delete(recursive: true);
        copy.Create();
        File.Copy(Path.Combine(store, "directory.db"), Path.Combine(copy.FullName, "directory.db"));
        await File.WriteAllBytesAsync(Path.Combine(copy.FullName, name), bytes, None);
        return copy.FullName;
    }

    /// <summary>Commits of a store without a fault; never fewer than a shorter log has.</summary>
    static async Task<int> CommitsAsync(string store, int atLeast)
    {
        Assert.Null(await StoreOracle.FaultAsync(store, new Dictionary<int, int>()));
        await using var opened = SqliteStore.Open(Path.Combine(store, "directory.db"), NullLogger<SqliteStore>.Instance);
        var commits = opened.Load().OfType<HeadSaved>().Sum(head => (int)head.Sequence);
        Assert.InRange(commits, atLeast, int.MaxValue);
        return commits;
    }
}
