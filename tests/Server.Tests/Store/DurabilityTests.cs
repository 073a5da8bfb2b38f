using System.Collections.Concurrent;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;
using P2P.Toolbox;

namespace P2P.Server.Tests.Store;

/// <summary>What an OK means: committed and synced, shown from outside the process.</summary>
public sealed class DurabilityTests : IDisposable
{
    const int Writers = 4;
    const int Kills = 4;
    const int BeforeKill = 60;

    readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("p2p-durability-");

    static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Kill_UnderLoad_LosesNothingThatWasAcknowledged()
    {
        var acknowledged = new ConcurrentQueue<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var directory = await DirectoryProcess.StartAsync(_folder.FullName);
            Assert.Subset(await FilesAsync(directory), acknowledged.ToHashSet());
            var enough = new TaskCompletionSource();
            var wanted = acknowledged.Count + BeforeKill;
            var writers = Enumerable.Range(0, Writers).Select(writer => WriteUntilKilledAsync(directory, $"k{kill}w{writer}", 5001 + writer, file =>
            {
                acknowledged.Enqueue(file);
                if (acknowledged.Count >= wanted)
                {
                    enough.TrySetResult();
                }
            })).ToArray();
            await enough.Task.WaitAsync(None);
            await directory.KillAsync();
            await Task.WhenAll(writers);
        }

        await using var last = await DirectoryProcess.StartAsync(_folder.FullName);
        Assert.Subset(await FilesAsync(last), acknowledged.ToHashSet());
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
        Assert.Contains("a/before", await FilesAsync(directory));
        Assert.DoesNotContain("a/later", await FilesAsync(directory));
    }

    static async Task<string> RefusalAsync(DirectoryProcess directory, string token, string path) =>
        TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => directory.PublishAsync(token, path))).Reason;

    static async Task WriteUntilKilledAsync(DirectoryProcess directory, string name, int port, Action<string> acknowledged)
    {
        try
        {
            var token = await directory.LoginAsync(port);
            for (var i = 0; ; i++)
            {
                await directory.PublishAsync(token, $"{name}/{i}");
                acknowledged($"{name}/{i}");
            }
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown)
        {
            // Killed: what was under way is neither acknowledged nor lost.
        }
    }

    static async Task<ISet<string>> FilesAsync(DirectoryProcess directory)
    {
        var (files, request) = (new HashSet<string>(), new IndexRequest());
        do
        {
            var page = await directory.Client.IndexAsync(request, cancellationToken: None);
            files.UnionWith(page.Peers.SelectMany(peer => peer.Files).Select(file => file.Path));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return files;
    }

    string TraceFile => Path.Combine(_folder.FullName, "trace");

    int SyncsOfTheStore() => File.ReadLines(TraceFile).Count(line =>
        line.Contains("directory.db", StringComparison.Ordinal) && line.EndsWith("= 0", StringComparison.Ordinal));

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
