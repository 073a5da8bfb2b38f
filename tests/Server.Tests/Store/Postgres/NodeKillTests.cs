using System.Collections.Concurrent;
using Grpc.Core;
using P2P.Toolbox;

namespace P2P.Server.Tests.Store.Postgres;

/// <summary>Directories over one database are killed, one after the other; their clients go on at another with the same tokens.</summary>
[Collection(nameof(SharedPostgres))]
public sealed class NodeKillTests(SharedPostgres postgres)
{
    const int Kills = 3;
    const int Writers = 4;
    const int BetweenKills = 50;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_OneOfTwo_ClientsGoOnAtTheOther()
    {
        using var folder = new TemporaryFolder();
        var store = await postgres.Server.NewDatabaseAsync();
        var nodes = new DirectoryProcess[2];
        for (var node = 0; node < nodes.Length; node++)
        {
            nodes[node] = await DirectoryProcess.StartAsync(folder.File($"{node}"), store: store);
        }

        var tokens = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => nodes[0].LoginAsync(5001 + writer)));
        var acknowledged = new ConcurrentQueue<string>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var writers = tokens.Select((token, writer) => WriteAsync(nodes, writer, token, acknowledged, enough.Token)).ToArray();
        for (var kill = 0; kill < Kills; kill++)
        {
            var wanted = acknowledged.Count + BetweenKills;
            await UntilAsync(() => acknowledged.Count >= wanted);
            var victim = kill % nodes.Length;
            await nodes[victim].KillAsync();
            wanted = acknowledged.Count + BetweenKills;
            await UntilAsync(() => acknowledged.Count >= wanted);
            nodes[victim] = await DirectoryProcess.StartAsync(folder.File($"{victim}"), store: store);
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);
        foreach (var node in nodes)
        {
            // What another directory acknowledged a moment ago may still be on its way.
            await AwaitFilesAsync(node, acknowledged);
            await node.DisposeAsync();
        }
    }

    /// <summary>Publishes at any directory that answers; a session that is not known there any more would be a failure.</summary>
    static async Task WriteAsync(
        DirectoryProcess[] nodes, int writer, string token, ConcurrentQueue<string> acknowledged, CancellationToken enough)
    {
        for (var (file, node) = (0, writer); !enough.IsCancellationRequested;)
        {
            try
            {
                var path = $"w{writer}/{file}";
                await nodes[node % nodes.Length].PublishAsync(token, path);
                acknowledged.Enqueue(path);
                file++;
            }
            catch (Exception failure) when (failure is RpcException { StatusCode: not StatusCode.Unauthenticated } or ObjectDisposedException)
            {
                // Killed: on to the other one.
                node++;
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
            }
        }
    }

    static async Task AwaitFilesAsync(DirectoryProcess node, IReadOnlyCollection<string> acknowledged)
    {
        const int Looks = 100;
        for (var look = 1; ; look++)
        {
            var files = await node.FilesAsync();
            if (acknowledged.All(files.Contains))
            {
                return;
            }

            Assert.True(look < Looks, $"lost: {string.Join(", ", acknowledged.Where(file => !files.Contains(file)).Take(10))}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Stop);
        }
    }

    static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        }
    }
}
