using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;
using Npgsql;
using P2P.Toolbox;

namespace P2P.Server.Tests.Store.Postgres;

/// <summary>
/// A primary with a synchronous standby, two directories over both, writers at each: the primary is killed and the standby promoted.
/// What was acknowledged is there after it. <c>P2P_FAILOVERS</c> says how often; 1 if it is not set.
/// </summary>
public sealed class FailoverTests
{
    const string StandbyName = "standby";
    const int Writers = 4;
    const int BeforeKill = 100;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_PrimaryKilledAndStandbyPromoted_LosesNothingAcknowledged()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("P2P_FAILOVERS") ?? "1", CultureInfo.InvariantCulture);
        for (var round = 0; round < rounds; round++)
        {
            var gap = await FailOverAsync();
            TestContext.Current.TestOutputHelper!.WriteLine($"round {round}: the first acknowledgement came {gap.TotalSeconds:0.0} s after the promotion");
        }
    }

    static async Task<TimeSpan> FailOverAsync()
    {
        using var folder = new TemporaryFolder();
        await using var primary = await PostgresServer.StartAsync($"synchronous_standby_names={StandbyName}", "synchronous_commit=local");
        await using var standby = await primary.StandbyAsync(StandbyName);
        await RequireStandbyAsync(primary);
        var store = $"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby.Port};Username=postgres;Database=postgres;Maximum Pool Size=20";
        await using var one = await DirectoryProcess.StartAsync(folder.File("one"), store: store);
        await using var two = await DirectoryProcess.StartAsync(folder.File("two"), store: store);

        var acknowledged = new ConcurrentQueue<string>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var writers = Enumerable.Range(0, Writers)
            .Select(writer => WriteAsync(writer % 2 == 0 ? one : two, writer, acknowledged, enough.Token)).ToArray();
        await UntilAsync(() => acknowledged.Count >= BeforeKill);
        await primary.KillAsync();
        await standby.PromoteAsync();
        var promoted = TimeProvider.System.GetTimestamp();
        var before = acknowledged.Count;
        await UntilAsync(() => acknowledged.Count > before);
        var gap = TimeProvider.System.GetElapsedTime(promoted);
        await UntilAsync(() => acknowledged.Count > before + BeforeKill);
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        await using var late = await DirectoryProcess.StartAsync(folder.File("late"), store: store);
        var held = await late.FilesAsync();
        Assert.Subset(held, acknowledged.ToHashSet());
        return gap;
    }

    /// <summary>Publishes until it is told to stop; what was refused or lost is published again under the same name.</summary>
    static async Task WriteAsync(DirectoryProcess directory, int writer, ConcurrentQueue<string> acknowledged, CancellationToken enough)
    {
        string? token = null;
        for (var file = 0; !enough.IsCancellationRequested;)
        {
            try
            {
                token ??= await directory.LoginAsync(5001 + writer);
                var path = $"w{writer}/{file}";
                await directory.PublishAsync(token, path);
                acknowledged.Enqueue(path);
                file++;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Stop);
            }
        }
    }

    /// <summary>From here on a commit waits until the standby has it.</summary>
    static async Task RequireStandbyAsync(PostgresServer primary)
    {
        await using var connection = new NpgsqlConnection(primary.ConnectionString("postgres"));
        await connection.OpenAsync(Stop);
        await using var change = new NpgsqlCommand("ALTER DATABASE postgres SET synchronous_commit = on", connection);
        await change.ExecuteNonQueryAsync(Stop);
        await using var state = new NpgsqlCommand("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", connection);
        while ((long)(await state.ExecuteScalarAsync(Stop))! == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Stop);
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
