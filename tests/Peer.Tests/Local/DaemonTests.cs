using P2P.Peers.Local;
using P2P.Peers.Local.V1;
using P2P.Peers.Session;
using P2P.Peers.Tests.Serving;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Local;

public sealed class DaemonTests : IAsyncDisposable
{
    readonly DaemonFixture _peer = new();

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    [Fact]
    public async Task Status_RunningDaemon_TellsWhatItShares()
    {
        _peer.Write("a", [1, 2, 3]);
        await _peer.StartAsync();
        using var held = _peer.Files.TryLock();
        await _peer.Directory.WaitForFilesAsync(null, "share/a");
        using var line = LocalDaemon.TryConnect(_peer.Files)!;

        await Wait.UntilAsync(() => _peer.Daemon.Session.PublishedFiles == 1);
        var status = await line.Client.StatusAsync(new StatusRequest(), cancellationToken: DaemonFixture.Cancellation);

        Assert.Equal(_peer.Daemon.Url, status.Url);
        var share = Assert.Single(status.Shares);
        Assert.Equal(("share", 1, 3), (share.Label, share.Files, share.Bytes));
        Assert.Equal(("online", 1), (status.Session.State, status.Session.PublishedFiles));
        Assert.False(status.Scan.Busy);
    }

    [Fact]
    public async Task Stop_RunningDaemon_LogsOutAndEndsIt()
    {
        _peer.Write("a", [1]);
        await _peer.StartAsync();
        using var held = _peer.Files.TryLock();
        await _peer.Directory.WaitForFilesAsync(null, "share/a");
        using var line = LocalDaemon.TryConnect(_peer.Files)!;

        var answer = await line.Client.StopAsync(new StopRequest(), cancellationToken: DaemonFixture.Cancellation);

        Assert.True(answer.LoggedOut);
        Assert.Equal(1, _peer.Directory.Logouts);
        await _peer.Daemon.StopAsked;
        Assert.Equal(SessionPhase.Stopped, _peer.Daemon.Session.State.Phase);
    }

    [Fact]
    public async Task Socket_RunningDaemon_IsForTheOwnerOnly()
    {
        await _peer.StartAsync();

        Assert.SkipWhen(OperatingSystem.IsWindows(), "No modes there");
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
#pragma warning disable CA1416 // Skipped on Windows.
        Assert.Equal(Owner, File.GetUnixFileMode(_peer.Files.Socket));
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(_peer.Files.Folder));
#pragma warning restore CA1416
    }

    [Fact]
    public void TryLock_Held_GivesNone()
    {
        _peer.Files.Create();
        using (_peer.Files.TryLock())
        {
            Assert.Null(_peer.Files.TryLock());
        }

        using var again = _peer.Files.TryLock();
        Assert.NotNull(again);
    }

    [Fact]
    public void TryConnect_SocketOfADeadDaemon_GivesNone()
    {
        _peer.Files.Create();
        File.WriteAllText(_peer.Files.Socket, "");

        Assert.Null(LocalDaemon.TryConnect(_peer.Files));
    }

    [Fact]
    public void Socket_LongDataFolder_IsShortEnough()
    {
        using var temporary = new TemporaryFolder();

        var files = new DaemonFiles(Path.Combine(temporary.Path, new string('x', 200)));

        Assert.InRange(files.Socket.Length, 1, 104);
    }

    // From the file system through watcher, hashing and session to the directory.
    [Fact]
    public async Task Folder_ChangesWhileRunning_ReachTheDirectory()
    {
        _peer.Write("a", [1]);
        await _peer.StartAsync();
        await _peer.Directory.WaitForFilesAsync(null, "share/a");

        _peer.Write("new/deep/b", [2]);
        await _peer.Directory.WaitForFilesAsync(null, "share/a", "share/new/deep/b");
        Directory.Move(Path.Combine(_peer.Share, "new"), Path.Combine(_peer.Share, "moved"));
        File.Delete(Path.Combine(_peer.Share, "a"));

        await _peer.Directory.WaitForFilesAsync(null, "share/moved/deep/b");
    }
}
