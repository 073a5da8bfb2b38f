using P2P.Toolbox;

namespace P2P.Server.Tests.Store;

/// <summary>
/// A power cut at every call that a store makes: what was synced is on the disk, of what was not, nothing or any part. The calls are those of a
/// real process, recorded; the disk is the test's. Another process's word is taken for nothing: what was acknowledged stands in the same record.
/// </summary>
public sealed class PowerCutTests : IDisposable
{
    const int Seed = 20261125;
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("p2p-cut-");

    static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Cut_AtEveryCall_LosesNothingThatWasAcknowledged()
    {
        var calls = await RecordAsync();
        Assert.InRange(calls.OfType<TracedSync>().Count(), 5, int.MaxValue);
        Assert.Empty(await FaultsAsync(calls, new Random(Seed)));
    }

    /// <summary>That the test can fail: with syncing turned off it finds losses.</summary>
    [Fact]
    public async Task Cut_WithoutSyncing_LosesWhatWasAcknowledged() =>
        Assert.NotEmpty(await FaultsAsync(await RecordAsync("nosync"), new Random(Seed)));

    async Task<List<TracedCall>> RecordAsync(params string[] more)
    {
        var strace = ForeignTool.Program("strace", "apt-get install strace");
        var (store, trace) = (_folder.CreateSubdirectory("traced").FullName, Path.Combine(_folder.FullName, "trace"));
        await using var process = ForeignProcess.Start(
            strace, ["-f", "-y", "-xx", "-s", "1000000", "-e", SyscallTrace.Calls, "-o", trace, "dotnet", StoreOracle.Probe, store, "3", "8", .. more]);
        var (exitCode, output, errors) = await process.CompleteAsync(None);
        Assert.True(exitCode == 0 && output.Contains("done", StringComparison.Ordinal), output + errors);
        List<TracedCall> calls = [.. SyscallTrace.Read(File.ReadLines(trace))];
        var promised = StoreOracle.Acknowledged(calls.OfType<TracedLine>().SelectMany(line => line.Text.Split('\n')));
        Assert.Equal([(0, 8), (1, 8), (2, 8)], promised.Select(writer => (writer.Key, writer.Value)).Order());
        return calls;
    }

    async Task<List<string>> FaultsAsync(List<TracedCall> calls, Random random)
    {
        var (disk, lines, faults) = (new Dictionary<string, CutFile>(), new List<string>(), new List<string>());
        foreach (var call in calls)
        {
            Apply(call, disk, lines);
            if (call is TracedLine)
            {
                continue;
            }

            foreach (var survives in new Func<bool>[] { () => false, () => random.Next(2) == 0 })
            {
                var cut = _folder.CreateSubdirectory("cut");
                foreach (var (name, file) in disk)
                {
                    await File.WriteAllBytesAsync(Path.Combine(cut.FullName, name), file.AfterCut(survives, random), None);
                }

                if (disk.Count > 0 && await StoreOracle.FaultAsync(cut.FullName, StoreOracle.Acknowledged(lines)) is { } fault)
                {
                    faults.Add(fault);
                }

                cut.Delete(recursive: true);
            }
        }

        return faults;
    }

    static void Apply(TracedCall call, Dictionary<string, CutFile> disk, List<string> lines)
    {
        switch (call)
        {
            case TracedLine line:
                lines.AddRange(line.Text.Split('\n'));
                break;
            case TracedWrite write when IsOfStore(write.File):
                Of(disk, write.File).Write(write.Bytes, write.Offset);
                break;
            case TracedTruncate truncate when IsOfStore(truncate.File):
                Of(disk, truncate.File).Truncate(truncate.Length);
                break;
            case TracedSync sync when IsOfStore(sync.File):
                Of(disk, sync.File).Sync();
                break;
            case TracedUnlink unlink when IsOfStore(unlink.File):
                disk.Remove(Path.GetFileName(unlink.File));
                break;
        }
    }

    /// <summary>The shared memory file is made anew by whoever opens the store.</summary>
    static bool IsOfStore(string file) => Path.GetFileName(file) is "directory.db" or "directory.db-wal" or "directory.db-journal";

    static CutFile Of(Dictionary<string, CutFile> disk, string file)
    {
        var name = Path.GetFileName(file);
        return disk.TryGetValue(name, out var known) ? known : disk[name] = new CutFile();
    }

    /// <summary>A file's bytes on the disk, and the changes that are not there for sure.</summary>
    sealed class CutFile
    {
        readonly List<(byte[]? Bytes, long At)> _unsynced = [];
        byte[] _synced = [];

        public void Write(byte[] bytes, long offset) => _unsynced.Add((bytes, offset));

        public void Truncate(long length) => _unsynced.Add((null, length));

        public void Sync()
        {
            _synced = _unsynced.Aggregate(_synced, (file, change) => Changed(file, change.Bytes, change.At));
            _unsynced.Clear();
        }

        /// <summary>Of the changes that were not synced some survive, in order, and a write perhaps only up to one of its bytes.</summary>
        public byte[] AfterCut(Func<bool> survives, Random random) => _unsynced.Where(_ => survives()).Aggregate(
            _synced,
            (file, change) => Changed(file, random.Next(2) == 0 ? change.Bytes : change.Bytes?[..random.Next(change.Bytes.Length)], change.At));

        static byte[] Changed(byte[] file, byte[]? bytes, long at)
        {
            var changed = file;
            Array.Resize(ref changed, (int)(bytes is null ? at : Math.Max(file.Length, at + bytes.Length)));
            changed = ReferenceEquals(changed, file) ? [.. file] : changed;
            bytes?.CopyTo(changed, at);
            return changed;
        }
    }
}
