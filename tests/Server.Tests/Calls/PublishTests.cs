using Grpc.Core;
using Microsoft.Data.Sqlite;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Tests.Calls;

public sealed class PublishTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_Batches_AreCountedAndSurviveARestart()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-publish-");
        LoginResponse login;
        await using (var directory = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            login = await directory.LoginAsync("a", 5001);
            var answer = await PublishAsync(directory, login, Batch("c1", 1, "x/a", "x/b"), Batch("", 2, "x/c"));
            Assert.Equal(("c1", 2, 3, 2), (answer.CatalogId, answer.Sequence, answer.FileCount, answer.Batches));
            var removal = Batch("c1", 0);
            removal.Removes.Add("x/a");
            Assert.Equal(3, (await PublishAsync(directory, login, removal)).Sequence);
        }

        await using (var directory = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            Assert.Equal(["b", "c"], (await directory.SearchAsync("*")).Order());
            var again = await directory.LoginAsync("a", 5001);
            Assert.Equal(("c1", 3, 2), (again.CatalogId, again.Sequence, again.Peer.FileCount));
        }

        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("c1", 2)]
    [InlineData("c1", 4)]
    [InlineData("other", 3)]
    public async Task Publish_BatchThatDoesNotFollow_IsToldWhatTheDirectoryHas(string catalog, long sequence)
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        await PublishAsync(directory, login, Batch("c1", 1, "a"), Batch("c1", 2, "b"));
        var refused = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(
            () => PublishAsync(directory, login, Batch(catalog, sequence, "c"))));
        Assert.Equal((StatusCode.FailedPrecondition, "SEQUENCE_MISMATCH"), (refused.Code, refused.Reason));
        var known = refused.Status.Details[0].Unpack<Google.Rpc.ErrorInfo>().Metadata;
        Assert.Equal(("c1", "2"), (known["catalog_id"], known["sequence"]));
        Assert.Equal(["a", "b"], (await directory.SearchAsync("*")).Order());
    }

    [Fact]
    public async Task Publish_TimeThatIsNone_IsAViolation()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        var batch = Batch("c1", 1, "a");
        batch.Upserts[0].Time = new Google.Protobuf.WellKnownTypes.Timestamp { Seconds = long.MaxValue };
        var refused = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => PublishAsync(directory, login, batch)));
        Assert.Equal((StatusCode.InvalidArgument, "upserts[0].time"), (refused.Code, TestDirectory.Fields(refused.Status)));
    }

    [Fact]
    public async Task Publish_ManyChangesOfFewFiles_TheLogIsWrittenAnew()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-publish-");
        var names = Enumerable.Range(0, 1000).Select(i => $"f{i}").ToArray();
        await using (var directory = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            var login = await directory.LoginAsync("a", 5001);
            var batches = Enumerable.Range(1, 30).Select(i => Batch("c1", i, names)).ToArray();
            Assert.Equal((30, 1000), await PublishAsync(directory, login, batches) is var told ? (told.Sequence, told.FileCount) : default);
            Assert.InRange(LoggedBatches(folder.FullName), 1, 15);
        }

        await using (var directory = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            var again = await directory.LoginAsync("a", 5001);
            Assert.Equal(("c1", 30, 1000), (again.CatalogId, again.Sequence, again.Peer.FileCount));
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Publish_ReplaceThatIsRefused_LeavesNothingInTheStore()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-publish-");
        await using (var directory = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            var login = await directory.LoginAsync("a", 5001);
            await PublishAsync(directory, login, Batch("c1", 1, "old"));
            var first = Batch("c2", 1, "new");
            first.Replace = true;
            await Assert.ThrowsAsync<RpcException>(() => PublishAsync(directory, login, first, Batch("c2", 7, "wrong")));
            Assert.Equal(1, LoggedBatches(folder.FullName));
            Assert.Equal(["old"], await directory.SearchAsync("*"));
        }

        folder.Delete(recursive: true);
    }

    static long LoggedBatches(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "directory.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM batches";
        return (long)command.ExecuteScalar()!;
    }

    [Fact]
    public async Task Publish_Replace_ShowsTheOldListUntilTheEnd()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        await PublishAsync(directory, login, Batch("c1", 1, "old"));
        using var call = directory.Client.Publish(TestDirectory.With(login.Token));
        var first = Batch("c2", 1, "new1");
        first.Replace = true;
        await call.RequestStream.WriteAsync(first, None);
        await call.RequestStream.WriteAsync(Batch("c2", 2, "new2"), None);
        Assert.Equal(["old"], await directory.SearchAsync("*"));
        await call.RequestStream.CompleteAsync();
        Assert.Equal(("c2", 2, 2), (await call is var answer ? answer.CatalogId : "", answer.Sequence, answer.FileCount));
        Assert.Equal(["new1", "new2"], (await directory.SearchAsync("*")).Order());
    }

    [Fact]
    public async Task Publish_BrokenReplace_LeavesTheOldList()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        await PublishAsync(directory, login, Batch("c1", 1, "old"));
        var first = Batch("c2", 1, "new");
        first.Replace = true;
        await Assert.ThrowsAsync<RpcException>(() => PublishAsync(directory, login, first, Batch("c2", 1, "again")));
        Assert.Equal(["old"], await directory.SearchAsync("*"));
        Assert.Equal("c1", (await directory.Client.HeartbeatAsync(new(), TestDirectory.With(login.Token))).CatalogId);
    }

    [Fact]
    public async Task Publish_MoreThanTheQuota_IsRefusedWithTheQuota()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Catalogs.FilesPerPeer = 2);
        var login = await directory.LoginAsync("a", 5001);
        var refused = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(
            () => PublishAsync(directory, login, Batch("c", 1, "1", "2"), Batch("c", 2, "3"))));
        Assert.Equal((StatusCode.ResourceExhausted, "QUOTA"), (refused.Code, refused.Reason));
        Assert.Single(refused.Status.GetDetail<Google.Rpc.QuotaFailure>().Violations);
        Assert.Equal(["1", "2"], (await directory.SearchAsync("*")).Order());
    }

    [Fact]
    public async Task Publish_BadPaths_AreToldAtOnceAndNothingIsDone()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        var batch = Batch("c", 1, "good", "../evil", "a//b", "good");
        batch.Removes.Add("/x");
        var refused = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => PublishAsync(directory, login, batch)));
        Assert.Equal("removes[0] upserts[1].path upserts[2].path upserts[3].path", TestDirectory.Fields(refused.Status));
        Assert.Empty(await directory.SearchAsync("*"));
    }

    static PublishRequest Batch(string catalog, long sequence, params string[] paths) => new()
    {
        CatalogId = catalog,
        Sequence = sequence,
        Upserts = { paths.Select(path => new FileEntry { Path = path }) },
    };

    static async Task<PublishResponse> PublishAsync(TestDirectory directory, LoginResponse login, params PublishRequest[] batches)
    {
        using var call = directory.Client.Publish(TestDirectory.With(login.Token));
        foreach (var batch in batches)
        {
            await call.RequestStream.WriteAsync(batch, None);
        }

        await call.RequestStream.CompleteAsync();
        return await call;
    }
}
