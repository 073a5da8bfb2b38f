using Microsoft.Extensions.Time.Testing;
using P2P.Server.Accounts;

namespace P2P.Server.Tests.Accounts;

/// <summary>Row "Credentials": Search holds while passwords are checked.</summary>
public sealed class HashThreadsTests
{
    const int Usual = 0;
    const int GivesWay = 5;

    static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Run_Work_IsOnAThreadOfItsOwnThatGivesWay()
    {
        using var threads = new HashThreads(2, TimeProvider.System);
        var (pooled, policy) = await threads.RunAsync(() => (Thread.CurrentThread.IsThreadPoolThread, PolicyOfThisThread()));
        Assert.False(pooled);
        Assert.Equal(GivesWay, policy);
        // The others keep theirs.
        Assert.Equal(Usual, PolicyOfThisThread());
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
        var cancellation = TestContext.Current.CancellationToken;
        var time = new FakeTimeProvider();
        using var threads = new HashThreads(1, time);
        using var held = new Gate();
        var first = threads.RunAsync(held.Pass);
        var second = threads.RunAsync(PolicyOfThisThread);
        await held.Reached.Task.WaitAsync(s_long, cancellation);
        time.Advance(HashThreads.Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(first.IsCompleted || second.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((Usual, Usual), (await first.WaitAsync(s_long, cancellation), await second.WaitAsync(s_long, cancellation)));
        // The ones that gave way find nothing left to do for them.
        held.Open();
        Assert.Equal(GivesWay, await threads.RunAsync(PolicyOfThisThread).WaitAsync(s_long, cancellation));
    }

    /// <summary>Holds threads that give way. Its end opens it: a test that fails must not hang in the end of what it holds.</summary>
    sealed class Gate : IDisposable
    {
        readonly ManualResetEventSlim _open = new();

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Pass()
        {
            var policy = PolicyOfThisThread();
            if (policy == GivesWay)
            {
                Reached.TrySetResult();
                _open.Wait(TestContext.Current.CancellationToken);
            }

            return policy;
        }

        public void Open() => _open.Set();

        public void Dispose() => Open();
    }

    /// <summary>The number of its policy in sched(7): 0 is everyone's, 5 is that of who gives way.</summary>
    static int PolicyOfThisThread()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Thread.CurrentThread.Priority == ThreadPriority.Normal ? Usual : GivesWay;
        }

        // The 41st field; the second, a name in brackets, may have spaces.
        var line = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[38], null);
    }
}
