using Microsoft.Extensions.Time.Testing;
using P2P.Peers.Fetching;

namespace P2P.Peers.Tests.Fetching;

public sealed class DiskPauseTests
{
    readonly FakeTimeProvider _time = new();
    readonly List<string> _told = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wait_FullDisk_TellsOnceAndTriesAgainUntilItsPatienceEnds()
    {
        DiskPause pause = new(TimeSpan.FromSeconds(5), _told.Add, _time);
        int tries = 0;
        for (bool again = true; again && tries < 100; tries++)
        {
            Task<bool> wait = pause.WaitAsync(new LocalDiskException(Full()), "target", Cancel);
            await Wait.UntilAsync(() => wait.IsCompleted, _time);
            again = await wait;
        }

        Assert.InRange(tries, 2, 10);
        Assert.Contains("target", Assert.Single(_told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_AnotherFailure_IsNoReasonToWait()
    {
        DiskPause pause = new(TimeSpan.FromMinutes(1), _told.Add, _time);

        Assert.False(await pause.WaitAsync(new IOException("Input/output error") { HResult = 5 }, "target", Cancel));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task Wait_NoPatience_FailsAtOnceWithoutAWord()
    {
        Assert.False(await new DiskPause(TimeSpan.Zero, _told.Add, _time).WaitAsync(Full(), "target", Cancel));
        Assert.Empty(_told);
    }

    // As the framework tells ENOSPC.
    static IOException Full() => new("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
}
