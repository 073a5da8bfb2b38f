using System.Collections.Concurrent;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;
using P2P.Toolbox;

namespace P2P.Server.Tests.Store;

/// <summary>What an OK means: committed and synced, shown from outside the process.</summary>
public sealed class DurabilityTests : IDisposable
{
    const int Writers = 8;
    const int FilesPerBatch = 3;
    const int ReplacerPort = 5101;
    const int Seed = 5;

    /// <summary>With <c>P2P_KILLS=500</c> so many.</summary>
    static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("P2P_KILLS") ?? "4", null);

    readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("p2p-durability-");

    static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Killed at random instants under load: all that was acknowledged is there after the start, and of each batch and list all or nothing.</summary>
    [Fact]
    public async Task Kill_UnderLoad_LosesNothingThatWasAcknowledged()
    {
        var (acknowledged, random) = (new Acknowledged(), new Random(Seed));
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var directory = await DirectoryProcess.StartAsync(_folder.FullName);
            acknowledged.Check(await directory.FilesAsync());
            var enough = acknowledged.After(random.Next(1, 150));
            Task[] writers =
            [
                ReplaceUntilKilledAsync(directory, kill, acknowledged),
                .. Enumerable.Range(0, Writers).Select(writer => WriteUntilKilledAsync(directory, $"k{kill}w{writer}", 5001 + writer, acknowledged)),
            ];
            await enough.WaitAsync(None);
            await directory.KillAsync();
            await Task.WhenAll(writers);
        }

        await using var last = await DirectoryProcess.StartAsync(_folder.FullName);
        acknowledged.Check(await last.FilesAsync());
        TestContext.Current.TestOutputHelper!.WriteLine($"{Kills} kills, {acknowledged.Batches} batches acknowledged");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publish_Acknowledged_WasSyncedUnlessSyncingIsOff(bool syncWrites)
    {
        var strace = ForeignTool.Program("strace", "apt-get install strace");
        await using var directory = await DirectoryProcess.StartAsync(_folder.FullName, syncWrites);
        var token = await directory.LoginAsync(5001);
        await using var tracer = await TraceAsync(strace, directory, "trace=fsync,fdatasync");
        var before = SyncsOfTheStore();
        await directory.PublishAsync(token, "a/file");
        Assert.Equal(syncWrites, SyncsOfTheStore() > before);
    }

    [Fact]
    public async Task Publish_SyncFails_IsNeverAcknowledged()
    {
        var strace = ForeignTool.Program("strace", "apt-get install strace");
        await using var directory = await DirectoryProcess.StartAsync(_folder.FullName);
        var token = await directory.LoginAsync(5001);
        await directory.PublishAsync(token, "a/before");
        await using var tracer = await TraceAsync(strace, directory, "inject=fsync,fdatasync:error=EIO");
        Assert.Equal("OUTCOME_UNKNOWN", await RefusalAsync(directory, token, "a/failed"));
        Assert.Equal("READ_ONLY", await RefusalAsync(directory, token, "a/later"));
        Assert.Contains("a/before", await directory.FilesAsync());
        Assert.DoesNotContain("a/later", await directory.FilesAsync());
    }

    static async Task<string> RefusalAsync(DirectoryProcess directory, string token, string path) =>
        TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => directory.PublishAsync(token, path))).Reason;

    static Task WriteUntilKilledAsync(DirectoryProcess directory, string name, int port, Acknowledged acknowledged) => UntilKilledAsync(async () =>
    {
        var token = await directory.LoginAsync(port);
        for (var i = 0; ; i++)
        {
            await directory.PublishAsync(token, Batch($"{name}/{i}"));
            acknowledged.Add($"{name}/{i}");
        }
    });

    /// <summary>Each of its lists is of two batches, and takes the place of the one before.</summary>
    static Task ReplaceUntilKilledAsync(DirectoryProcess directory, int kill, Acknowledged acknowledged) => UntilKilledAsync(async () =>
    {
        var token = await directory.LoginAsync(ReplacerPort);
        for (var i = 1; i < 1_000_000; i++)
        {
            var list = (kill * 1_000_000) + i;
            var first = Batch($"list/{list}/a");
            first.Replace = true;
            await directory.PublishAsync(token, first, Batch($"list/{list}/b"));
            acknowledged.Replaced(list);
        }
    });

    static PublishRequest Batch(string name) =>
        new() { Upserts = { Enumerable.Range(0, FilesPerBatch).Select(file => new FileEntry { Path = $"{name}/{file}" }) } };

    static async Task UntilKilledAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown)
        {
            // Killed: what was under way is neither acknowledged nor lost.
        }
    }

    /// <summary>What the directory said OK to, remembered by another process.</summary>
    sealed class Acknowledged
    {
        readonly ConcurrentDictionary<string, bool> _batches = new();
        TaskCompletionSource _enough = new();
        int _wanted;
        int _list;

        public int Batches => _batches.Count;

        public Task After(int more)
        {
            _enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _wanted, _batches.Count + more);
            return _enough.Task;
        }

        public void Add(string batch)
        {
            _batches[batch] = true;
            if (_batches.Count >= Volatile.Read(ref _wanted))
            {
                _enough.TrySetResult();
            }
        }

        public void Replaced(int list) => Volatile.Write(ref _list, list);

        public void Check(ISet<string> files)
        {
            var batches = files.GroupBy(file => file[..file.LastIndexOf('/')]).ToDictionary(group => group.Key, group => group.Count());
            Assert.All(batches, batch => Assert.Equal(FilesPerBatch, batch.Value));
            Assert.Empty(_batches.Keys.Except(batches.Keys));
            var lists = batches.Keys.Where(name => name.StartsWith("list/", StringComparison.Ordinal)).Order().ToList();
            var shown = lists.Count == 0 ? 0 : int.Parse(lists[0].Split('/')[1], null);
            Assert.Equal(shown == 0 ? [] : [$"list/{shown}/a", $"list/{shown}/b"], lists);
            Assert.InRange(shown, Volatile.Read(ref _list), int.MaxValue);
        }
    }

    string TraceFile => Path.Combine(_folder.FullName, "trace");

    /// <summary>A call during which another thread's was seen is written in two lines, of which only the first names the file.</summary>
    int SyncsOfTheStore()
    {
        var (count, begun) = (0, new HashSet<string>());
        foreach (var line in File.ReadLines(TraceFile))
        {
            var thread = line.Split(' ')[0];
            var isOfStore = line.Contains("directory.db", StringComparison.Ordinal);
            if (isOfStore && line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                begun.Add(thread);
            }
            else if (isOfStore || (line.Contains(" resumed>", StringComparison.Ordinal) && begun.Remove(thread)))
            {
                count += line.EndsWith("= 0", StringComparison.Ordinal) ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>Attaches to every thread of the directory.</summary>
    async Task<ForeignProcess> TraceAsync(string strace, DirectoryProcess directory, string expression)
    {
        var tracer = ForeignProcess.Start(strace, ["-f", "-y", "-e", expression, "-o", TraceFile, "-p", directory.Id.ToString(null, null)]);
        while (!IsTraced(directory.Id))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, None);
        }

        return tracer;
    }

    static bool IsTraced(int process)
    {
        try
        {
            return System.IO.Directory.GetDirectories($"/proc/{process}/task")
                .All(thread => File.ReadLines(Path.Combine(thread, "status")).Any(line => line.StartsWith("TracerPid:", StringComparison.Ordinal) && !line.EndsWith("\t0", StringComparison.Ordinal)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A thread ended between the two looks.
            return false;
        }
    }
}
