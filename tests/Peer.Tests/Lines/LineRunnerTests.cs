using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Lines;
using P2P.Peers.Serving;
using P2P.Peers.Session;
using P2P.Peers.Sharing;
using P2P.Peers.Tests.Serving;
using P2P.Peers.Tests.Session;

namespace P2P.Peers.Tests.Lines;

public sealed class LineRunnerTests
{
    [Fact]
    public async Task Run_SessionOnline_OpensALineAndSaysWhatItTakes()
    {
        await using var directory = await ScriptedDirectory.StartAsync();
        await using var daemon = new DaemonFixture();
        await daemon.StartAsync(directory: directory.Daemon);
        var line = await directory.LineAsync();
        Assert.False(line.Hello.AcceptsFetch);
        Assert.False(daemon.Daemon.Lines!.IsOpen);
        await line.SendAsync(new ControlResponse { Ping = new ControlPing() });
        await Wait.UntilAsync(() => daemon.Daemon.Lines.IsOpen);
    }

    [Fact]
    public async Task Run_LineBreaks_IsOpenedAgain()
    {
        await using var directory = await ScriptedDirectory.StartAsync();
        await using var daemon = new DaemonFixture();
        await daemon.StartAsync(directory: directory.Daemon);
        (await directory.LineAsync()).End.SetException(new RpcException(new Status(StatusCode.Aborted, "Newer.")));
        (await directory.LineAsync()).End.SetResult();
        var third = await directory.LineAsync();
        await third.SendAsync(new ControlResponse { Ping = new ControlPing() });
        await Wait.UntilAsync(() => daemon.Daemon.Lines!.IsOpen);
    }

    [Fact]
    public async Task Run_DirectoryHasNoControl_IsNotAskedAgainInThisSession()
    {
        await using var directory = await ScriptedDirectory.StartAsync();
        directory.Refusal = new RpcException(new Status(StatusCode.Unimplemented, "No."));
        await using var daemon = new DaemonFixture();
        await daemon.StartAsync(directory: directory.Daemon);
        await Wait.UntilAsync(() => directory.Opened == 1);
        directory.Refusal = null;
        // A new session, with another token, is a new chance; the state of the old one changes many times before.
        daemon.Daemon.Rescan();
        daemon.Directory.Forget();
        daemon.Write("new", [1]);
        await directory.LineAsync();
        Assert.Equal(2, directory.Opened);
    }

    /// <summary>The connection stands, but nothing comes over it: not even the answers to pings.</summary>
    [Fact]
    public async Task Run_DirectoryFallsSilent_OpensAnother()
    {
        var time = new FakeTimeProvider();
        await using var directory = await ScriptedDirectory.StartAsync();
        using var folder = new P2P.Toolbox.TemporaryFolder();
        using var identity = NodeIdentity.Open(new IdentityFiles(folder.File("key"), folder.File("crt")), [], TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var options = new LoginOptions { User = "ana", Password = "secret", Directory = new Uri("http://localhost:5000") };
        var login = new SessionLogin(options, identity, () => new Uri("http://localhost:5001"));
        var known = new FakeDirectory();
        using var authority = new TicketAuthority(known, time, NullLogger.Instance);
        var session = new SessionRunner(known, login, authority, new CatalogState(), () => 3, time, NullLogger<SessionRunner>.Instance);
        var calls = new SessionCalls(directory.Client, directory.Client, session, time);
        await using var fetches = new RemoteFetches(null, new P2P.Peers.Local.DaemonFiles("unused"), time, NullLogger<RemoteFetches>.Instance);
        await using var outreach = new Outreach(
            calls, new CarriedConnections(), new DialPolicy(), null, time, NullLogger<Outreach>.Instance);
        var line = new LineRunner(calls, new LineCommands(fetches, outreach, new GrantBook(new GrantOptions(), time)), time, NullLogger<LineRunner>.Instance);
        var running = Task.WhenAll(session.RunAsync(stop.Token), line.RunAsync(stop.Token));

        var first = await directory.LineAsync();
        await first.SendAsync(new ControlResponse { Ping = new ControlPing() });
        await Wait.UntilAsync(() => line.IsOpen);
        var second = directory.LineAsync().AsTask();
        await Wait.UntilAsync(() => second.IsCompleted, time);
        Assert.InRange(time.GetUtcNow() - time.Start, TimeSpan.FromSeconds(75), TimeSpan.FromHours(1));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Dispose_LineOpen_EndsIt()
    {
        await using var directory = await ScriptedDirectory.StartAsync();
        ScriptedDirectory.OpenedLine line;
        await using (var daemon = new DaemonFixture())
        {
            await daemon.StartAsync(directory: directory.Daemon);
            line = await directory.LineAsync();
        }

        await Assert.ThrowsAnyAsync<Exception>(line.ReadAsync);
    }
}
