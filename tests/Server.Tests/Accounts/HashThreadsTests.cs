using P2P.Server.Accounts;

namespace P2P.Server.Tests.Accounts;

/// <summary>Row "Credentials": Search holds while passwords are checked.</summary>
public sealed class HashThreadsTests
{
    [Fact]
    public async Task Run_Work_IsOnAThreadOfItsOwnThatGivesWay()
    {
        using var threads = new HashThreads(2);
        var (pooled, nice) = await threads.RunAsync(() => (Thread.CurrentThread.IsThreadPoolThread, NiceOfThisThread()));
        Assert.False(pooled);
        Assert.Equal(OperatingSystem.IsLinux() ? Math.Min(19, NiceOfProcess() + 10) : 0, nice);
        // The others keep theirs.
        Assert.Equal(NiceOfProcess(), NiceOfThisThread());
    }

    [Fact]
    public async Task Run_WorkThatFails_FailsForWhoAsked()
    {
        using var threads = new HashThreads(1);
        await Assert.ThrowsAsync<FormatException>(() => threads.RunAsync<int>(() => throw new FormatException()));
        Assert.Equal(7, await threads.RunAsync(() => 7));
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
