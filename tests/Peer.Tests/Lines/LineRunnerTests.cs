using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Tests.Serving;

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
