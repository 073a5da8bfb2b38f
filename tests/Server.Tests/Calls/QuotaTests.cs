using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Tests.Calls;

/// <summary>Row "Index; U; millions of entries" of the threat model, and idle streams: what one peer, account or address may have.</summary>
public sealed class QuotaTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_NamesLongerThanTheQuota_AreRefused()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Catalogs.NameBytesPerPeer = 5000);
        var login = await directory.LoginAsync("ana", 5001);
        Assert.Equal(10, (await PublishAsync(directory, login, Names(10, 100))).FileCount);
        Assert.Equal("names", await RefusedAsync(PublishAsync(directory, login, Names(40, 200, "b"))));
        Assert.Equal(10, Count(directory));
    }

    [Fact]
    public async Task Publish_MoreFilesThanTheAccountMayHave_AreRefusedForAllItsPeers()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Catalogs.FilesPerAccount = 5);
        var (first, second) = (await directory.LoginAsync("ana", 5001), await directory.LoginAsync("ana", 5002));
        await PublishAsync(directory, first, Names(3, 5));
        Assert.Equal("files", await RefusedAsync(PublishAsync(directory, second, Names(3, 5))));
        Assert.Equal(2, (await PublishAsync(directory, second, Names(2, 5))).FileCount);
        await PublishAsync(directory, await directory.LoginAsync("bea", 5003), Names(5, 5));
        Assert.Equal(10, Count(directory));
    }

    [Theory]
    [InlineData(3, 100, "files")]
    [InlineData(100, 5, "files")]
    [InlineData(100, 100, "names")]
    public async Task Login_WithMoreFilesThanMayBePublished_IsRefused(int perPeer, int perAccount, string subject)
    {
        await using var directory = await TestDirectory.StartAsync(configure: options =>
            (options.Catalogs.FilesPerPeer, options.Catalogs.FilesPerAccount, options.Catalogs.NameBytesPerPeer) = (perPeer, perAccount, 500));
        await directory.LoginAsync("ana", 5001, "a,b,c");
        var names = string.Join(',', Enumerable.Range(0, 4).Select(i => new string('n', subject == "names" ? 200 : 5) + i));
        Assert.Equal(subject, await RefusedAsync(directory.LoginAsync("ana", 5002, names)));
        // In the first one's place there is room for as many.
        await directory.LoginAsync("ana", 5001, "d,e,f");
        Assert.Equal(3, Count(directory));
    }

    [Fact]
    public async Task Login_MoreSessionsThanTheAddressMayHave_AreRefusedUntilOneEnds()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Leases.SessionsPerAddress = 2);
        var first = await directory.LoginAsync("ana", 5001);
        await directory.LoginAsync("bea", 5002);
        Assert.Equal("sessions of the address", await RefusedAsync(directory.LoginAsync("cleo", 5003)));
        await directory.Client.LogoutAsync(new(), TestDirectory.With(first.Token));
        await directory.LoginAsync("cleo", 5003);
    }

    /// <summary>Bytes that make no whole batch are no sign of life; whole ones are, however long it goes on.</summary>
    [Fact]
    public async Task Publish_NoWholeBatchForTheIdleTime_IsEnded()
    {
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time, configure: options => options.Catalogs.PublishBytesPerSecond = 0);
        var login = await directory.LoginAsync("ana", 5001);
        using var call = directory.Client.Publish(TestDirectory.With(login.Token));
        for (var i = 1; i <= 4; i++)
        {
            await call.RequestStream.WriteAsync(Names(i, 5, $"batch{i}"), None);
            await Wait.UntilAsync(() => Count(directory) == i * (i + 1) / 2);
            time.Advance(TimeSpan.FromSeconds(50));
        }

        var ended = call.ResponseAsync;
        while (!ended.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, None);
        }

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => ended)).StatusCode);
        Assert.Equal(10, Count(directory));
    }

    /// <summary>Whole batches in time are not enough: a stream that brings a few bytes each time holds a place for nothing.</summary>
    [Theory]
    [InlineData(50, 5, false)]
    [InlineData(2, 5, false)]
    [InlineData(50, 300, true)]
    [InlineData(59, 300, true)]
    public async Task Publish_LessThanTheRateOverAMinute_IsEnded(int every, int files, bool isFastEnough)
    {
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time);
        var login = await directory.LoginAsync("ana", 5001);
        using var call = directory.Client.Publish(TestDirectory.With(login.Token));
        var ended = call.ResponseAsync;
        for (var (i, minutes) = (1, 3.0); minutes > 0 && !ended.IsCompleted; (i, minutes) = (i + 1, minutes - (every / 60.0)))
        {
            await SendAsync(call, Names(files, 200, $"batch{i}"));
            await Wait.UntilAsync(() => ended.IsCompleted || Count(directory) == i * files);
            time.Advance(TimeSpan.FromSeconds(every));
        }

        Assert.Equal(!isFastEnough, ended.IsCompleted);
        if (isFastEnough)
        {
            await call.RequestStream.CompleteAsync();
            await ended;
            return;
        }

        var failure = await Assert.ThrowsAsync<RpcException>(() => ended);
        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Contains("1024 bytes a second", failure.Status.Detail, StringComparison.Ordinal);
    }

    static async Task SendAsync(AsyncClientStreamingCall<PublishRequest, PublishResponse> call, PublishRequest batch)
    {
        try
        {
            await call.RequestStream.WriteAsync(batch, None);
        }
        catch (Exception ended) when (ended is RpcException or InvalidOperationException or IOException)
        {
            // How it ended is what the answer says.
            await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        }
    }

    static long Count(TestDirectory directory) => directory.Service<Server.Catalogs.CatalogIndex>().FileCount;

    static PublishRequest Names(int count, int length, string start = "a") => new()
    {
        Upserts = { Enumerable.Range(0, count).Select(i => new FileEntry { Path = $"{start}{i}/{new string('n', Math.Min(length, 200))}" }) },
    };

    static async Task<PublishResponse> PublishAsync(TestDirectory directory, LoginResponse login, PublishRequest batch)
    {
        using var call = directory.Client.Publish(TestDirectory.With(login.Token));
        await call.RequestStream.WriteAsync(batch, None);
        await call.RequestStream.CompleteAsync();
        return await call;
    }

    /// <summary>Which quota refused it.</summary>
    static async Task<string> RefusedAsync(Task call)
    {
        var refused = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => call));
        Assert.Equal((StatusCode.ResourceExhausted, "QUOTA"), (refused.Code, refused.Reason));
        return Assert.Single(refused.Status.GetDetail<Google.Rpc.QuotaFailure>().Violations).Subject;
    }
}
