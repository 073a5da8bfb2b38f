using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Lines;
using P2P.Server.Tests.Calls;
using P2P.Server.Tickets;

namespace P2P.Server.Tests.Lines;

public sealed class ControlTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Control_NoHelloNoPeerNoToken_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync();
        var peer = await directory.LoginAsync("ana", 5001);
        var reader = await directory.Client.LoginAsync(
            new LoginRequest { User = "ana", Password = "per1234", Reader = true }, cancellationToken: None);

        using var silentEnd = new TestLine(directory.Client.Control(TestDirectory.With(peer.Token)));
        await silentEnd.CloseAsync();
        Assert.Equal((StatusCode.InvalidArgument, ""), await silentEnd.EndAsync());
        using var rude = new TestLine(directory.Client.Control(TestDirectory.With(peer.Token)));
        await rude.AnswerAsync("x", ok: true);
        Assert.Equal((StatusCode.InvalidArgument, ""), await rude.EndAsync());
        using var other = new TestLine(directory.Client.Control(TestDirectory.With(reader.Token)));
        Assert.Equal((StatusCode.PermissionDenied, "NOT_PROVEN"), await other.EndAsync());
        using var anonymous = new TestLine(directory.Client.Control(TestDirectory.Anonymous));
        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_REQUIRED"), await anonymous.EndAsync());
        Assert.Equal(0, directory.Service<LineRegistry>().Count);
    }

    [Fact]
    public async Task Control_NewerLineOfTheSession_EndsTheOlder()
    {
        await using var directory = await TestDirectory.StartAsync();
        var peer = await directory.LoginAsync("ana", 5001);
        using var older = await TestLine.OpenAsync(directory, peer.Token);
        using var newer = await TestLine.OpenAsync(directory, peer.Token);

        Assert.Equal((StatusCode.Aborted, ""), await older.EndAsync());
        Assert.Equal(1, directory.Service<LineRegistry>().Count);
        await newer.SendAsync(new ControlRequest { Ping = new ControlPing() });
        Assert.NotNull((await newer.ReadAsync()).Ping);
    }

    [Fact]
    public async Task Control_SessionEnds_EndsWithItsReason()
    {
        await using var directory = await TestDirectory.StartAsync();
        var peer = await directory.LoginAsync("ana", 5001);
        using var line = await TestLine.OpenAsync(directory, peer.Token);
        await directory.Client.LogoutAsync(new LogoutRequest(), TestDirectory.With(peer.Token));
        Assert.Equal((StatusCode.Unauthenticated, "LOGGED_OUT"), await line.EndAsync());
    }

    [Fact]
    public async Task Control_SessionEndsWhileACommandIsOnItsWay_StillTellsTheReason()
    {
        await using var directory = await TestDirectory.StartAsync();
        for (var i = 0; i < 30; i++)
        {
            var peer = await directory.LoginAsync("ana", 5001);
            using var line = await TestLine.OpenAsync(directory, peer.Token);
            directory.Service<GivenTickets>().RevokeEverywhere("somebody");
            await directory.Client.LogoutAsync(new LogoutRequest(), TestDirectory.With(peer.Token));
            Assert.Equal((StatusCode.Unauthenticated, "LOGGED_OUT"), await line.EndAsync(mayTell: true));
        }
    }

    [Fact]
    public async Task Control_NothingComes_IsEndedAndPingsKeepItOpen()
    {
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time);
        var peer = await directory.LoginAsync("ana", 5001);
        using var line = await TestLine.OpenAsync(directory, peer.Token);
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(60));
            await line.SendAsync(new ControlRequest { Ping = new ControlPing() });
            Assert.NotNull((await line.ReadAsync()).Ping);
        }

        time.Advance(TimeSpan.FromSeconds(91));
        Assert.Equal((StatusCode.DeadlineExceeded, ""), await line.EndAsync());
    }

    [Fact]
    public async Task Control_NoHelloInTime_IsEnded()
    {
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time);
        var peer = await directory.LoginAsync("ana", 5001);
        using var line = new TestLine(directory.Client.Control(TestDirectory.With(peer.Token)));
        var end = line.EndAsync();
        while (!end.IsCompleted)
        {
            None.ThrowIfCancellationRequested();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, None);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((StatusCode.DeadlineExceeded, ""), await end);
    }

    /// <summary>Without a network: a daemon that reads nothing while commands come.</summary>
    [Fact]
    public async Task Ask_QueueIsFull_EndsTheLineAndAllWhoWait()
    {
        var options = new LineOptions { QueueLength = 2 };
        await using var directory = await TestDirectory.StartAsync();
        await directory.LoginAsync("ana", 5001);
        var peer = directory.Service<CatalogIndex>().Peers[0];
        using var line = new ControlLine(directory.Service<Server.Sessions.SessionTable>().Of(peer)!, peer, true, options, TimeProvider.System);
        var asked = Enumerable.Range(0, 3).Select(i => line.AskAsync($"{i}", new ControlResponse(), None)).ToList();
        Assert.All(await Task.WhenAll(asked), answer => Assert.False(answer.Ok));
        Assert.Equal(LineEnd.Slow, line.Ended);
    }

    [Fact]
    public async Task Take_AnswersWithForgedIds_ReachNobody()
    {
        await using var directory = await TestDirectory.StartAsync();
        await directory.LoginAsync("ana", 5001);
        var peer = directory.Service<CatalogIndex>().Peers[0];
        using var line = new ControlLine(
            directory.Service<Server.Sessions.SessionTable>().Of(peer)!, peer, true, new LineOptions(), TimeProvider.System);
        var asked = line.AskAsync("right", new ControlResponse(), None);
        line.Take(new ControlRequest { Answer = new ControlAnswer { Id = "wrong", Ok = true } });
        line.Take(new ControlRequest { Progress = new ControlProgress { Id = "right" } });
        line.Take(new ControlRequest());
        Assert.False(asked.IsCompleted);
        line.Take(new ControlRequest { Answer = new ControlAnswer { Id = "right", Ok = true } });
        Assert.True((await asked).Ok);
    }
}
