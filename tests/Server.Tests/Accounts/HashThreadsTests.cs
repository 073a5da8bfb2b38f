using Microsoft.Extensions.Time.Testing;
using P2P.Server.Accounts;

namespace P2P.Server.Tests.Accounts;

/// <summary>Row "Credentials": Search holds while passwords are checked.</summary>
public sealed class HashThreadsTests
{
    [Fact]
    public async Task Run_Work_IsOnAThreadOfItsOwnThatGivesWay()
    {
        using var threads = new HashThreads(2, TimeProvider.System);
        var (pooled, nice) = await threads.RunAsync(() => (Thread.CurrentThread.IsThreadPoolThread, NiceOfThisThread()));
        Assert.False(pooled);
        Assert.Equal(OperatingSystem.IsLinux() ? Math.Min(19, NiceOfProcess() + 10) : 0, nice);
        // The others keep theirs.
        Assert.Equal(NiceOfProcess(), NiceOfThisThread());
    }

    [Fact]
    public async Task Run_WorkThatFails_FailsForWhoAsked()
    {
        using var threads = new HashThreads(1, TimeProvider.System);
        await Assert.ThrowsAsync<FormatException>(() => threads.RunAsync<int>(() => throw new FormatException()));
        Assert.Equal(7, await threads.RunAsync(() => 7));
    }

    /// <summary>The machine is so busy that the threads that give way do not get on: here, because the test holds them.</summary>
    [Fact]
    public async Task Run_ThreadsThatGiveWayDoNotGetOn_IsDoneByOneOfFullWeight()
    {
        var time = new FakeTimeProvider();
        using var threads = new HashThreads(1, time);
        using var held = new ManualResetEventSlim();
        var first = threads.RunAsync(() => Hold(held));
        var second = threads.RunAsync(NiceOfThisThread);
        time.Advance(HashThreads.Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(first.IsCompleted || second.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((NiceOfProcess(), NiceOfProcess()), (await first, await second));
        // The ones that gave way find nothing left to do for them.
        held.Set();
        Assert.Equal(OperatingSystem.IsLinux() ? Math.Min(19, NiceOfProcess() + 10) : 0, await threads.RunAsync(NiceOfThisThread));
    }

    /// <summary>As long as it gives way it waits, and else tells its weight.</summary>
    static int Hold(ManualResetEventSlim held)
    {
        if (Thread.CurrentThread.Priority != ThreadPriority.Normal || NiceOfThisThread() != NiceOfProcess())
        {
            held.Wait(TestContext.Current.CancellationToken);
        }

        return NiceOfThisThread();
    }

    /// <summary>Others that wake up go before it at once, and need not wait for the end of its turn. Linux tells of it from 6.12 on.</summary>
    [Fact]
    public async Task Run_Work_TakesLongTurns()
    {
        using var threads = new HashThreads(1, TimeProvider.System);
        var (turn, usual) = (await threads.RunAsync(TurnOfThisThread), TurnOfThisThread());
        if (usual is { } known)
        {
            Assert.True(turn > 10 * known, $"{turn} and {known} ns");
        }
    }

    static long? TurnOfThisThread()
    {
        const string Path = "/proc/thread-self/sched";
        var line = OperatingSystem.IsLinux() && File.Exists(Path)
            ? Array.Find(File.ReadAllLines(Path), line => line.StartsWith("se.slice ", StringComparison.Ordinal))
            : null;
        return line is null ? null : long.Parse(line[(line.LastIndexOf(':') + 1)..], null);
    }

    static int NiceOfThisThread() => OperatingSystem.IsLinux() ? Nice("/proc/thread-self/stat") : 0;

    static int NiceOfProcess() => OperatingSystem.IsLinux() ? Nice("/proc/self/stat") : 0;

    /// <summary>The nineteenth field; the second, a name in brackets, may have spaces.</summary>
    static int Nice(string path)
    {
        var line = File.ReadAllText(path);
        return int.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[16], null);
    }
}
