using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using P2P.Contracts.DirectoryV1;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;
using static P2P.Contracts.DirectoryV1.Directory;

namespace P2P.EndToEnd.Tests.Recovery;

/// <summary>What the directory acknowledged is there after <c>kill -9</c>, and peers come back by themselves.</summary>
public sealed class DirectoryKillTests
{
    const int Kills = 5;
    const int Writers = 8;
    const int FilesABatch = 50;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_KilledUnderLoad_LosesNothingAcknowledgedAndHalvesNoBatch()
    {
        using var data = new TemporaryFolder();
        var directory = await RunningDirectory.StartAsync(data.Path, Stop);
        try
        {
            var random = new Random(9);
            var sessions = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => LoginAsync(directory, writer)));
            var acknowledged = new ConcurrentDictionary<int, int>();
            for (var kill = 0; kill < Kills; kill++)
            {
                var load = Enumerable.Range(0, Writers).Select(writer => PublishUntilKilledAsync(directory, writer, sessions[writer], acknowledged));
                var running = Task.WhenAll(load.ToList());
                await UntilAsync(() => acknowledged.Values.Sum() >= (kill + 1) * (100 + random.Next(100)));
                await directory.Program.KillAsync();
                await running;
                await directory.DisposeAsync();
                directory = await RunningDirectory.StartAsync(data.Path, Stop);
                await AssertKeptAsync(directory, acknowledged);
            }
        }
        finally
        {
            await directory.DisposeAsync();
        }
    }

    /// <summary>A lease is 60 seconds; a peer whose session the directory forgot logs in again within it.</summary>
    [Fact]
    public async Task Share_DirectoryLosesItsStore_IsBackWithinOneLease()
    {
        using var folder = new TemporaryFolder();
        TestFile.Create(folder.File("share/still here.bin"), 100_000, seed: 10);
        await using var first = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var peer = RunningPeer.Share(first, folder.File("peer"), folder.File("share"));
        await first.WaitForHitAsync("still here.bin", Stop);

        await first.Program.KillAsync();
        System.IO.Directory.Delete(folder.File("directory"), recursive: true);
        await using var second = await RunningDirectory.StartAsync(folder.File("directory"), Stop, first.Address.Port);

        using var lease = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        lease.CancelAfter(TimeSpan.FromSeconds(60));
        await second.WaitForHitAsync("still here.bin", lease.Token);
    }

    static async Task<string> LoginAsync(RunningDirectory directory, int writer)
    {
        using var channel = GrpcChannel.ForAddress(directory.Address);
        var session = await new DirectoryClient(channel).LoginAsync(
            new LoginRequest { User = $"writer{writer}", Password = "per1234", Ip = "127.0.0.1", Url = "http://127.0.0.1", Port = 6000 + writer },
            cancellationToken: Stop);
        return session.Token;
    }

    static async Task PublishUntilKilledAsync(
        RunningDirectory directory, int writer, string token, ConcurrentDictionary<int, int> acknowledged)
    {
        using var channel = GrpcChannel.ForAddress(directory.Address);
        var client = new DirectoryClient(channel);
        var headers = new Metadata { { "authorization", "Bearer " + token } };
        try
        {
            while (true)
            {
                var batch = acknowledged.GetValueOrDefault(writer);
                using var call = client.Publish(headers, cancellationToken: Stop);
                await call.RequestStream.WriteAsync(Batch(writer, batch), Stop);
                await call.RequestStream.CompleteAsync();
                await call;
                acknowledged[writer] = batch + 1;
            }
        }
        catch (RpcException failure) when (failure.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal)
        {
            // The kill. The batch in flight was not acknowledged; it is published again, under the same names.
            return;
        }
    }

    static PublishRequest Batch(int writer, int batch) => new()
    {
        CatalogId = $"catalog-{writer}",
        Upserts =
        {
            Enumerable.Range(0, FilesABatch).Select(file => new FileEntry
            {
                Path = $"w{writer}/{batch:d6}/{file:d3}.bin",
                Size = file + 1,
                Root = (((long)writer << 40) + (batch * FilesABatch) + file + 1).ToString("x64", null),
            }),
        },
    };

    static async Task AssertKeptAsync(RunningDirectory directory, ConcurrentDictionary<int, int> acknowledged)
    {
        using var channel = GrpcChannel.ForAddress(directory.Address);
        var client = new DirectoryClient(channel);
        for (var writer = 0; writer < Writers; writer++)
        {
            var perBatch = (await PathsAsync(client, writer)).GroupBy(path => path.Split('/')[1]).ToDictionary(group => int.Parse(group.Key, null), group => group.Count());
            Assert.All(perBatch.Values, count => Assert.Equal(FilesABatch, count));
            Assert.All(Enumerable.Range(0, acknowledged.GetValueOrDefault(writer)), batch => Assert.Contains(batch, perBatch));
        }
    }

    static async Task<List<string>> PathsAsync(DirectoryClient client, int writer)
    {
        var paths = new List<string>();
        var request = new IndexRequest { Ip = "127.0.0.1", Url = $"http://127.0.0.1:{6000 + writer}" };
        do
        {
            var page = await client.IndexAsync(request, cancellationToken: Stop);
            paths.AddRange(page.Peers.SelectMany(peer => peer.Files).Select(file => file.Path));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return paths;
    }

    static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Stop);
        }
    }
}
