using Microsoft.Extensions.Time.Testing;
using P2P.Peers.Fetching;

namespace P2P.Peers.Tests.Transfers;

public sealed class PauseGateTests
{
    readonly FakeTimeProvider _time = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pause_ThenResume_StopsWhatRunsAndLetsThoseWhoWaitGoOn()
    {
        using PauseGate gate = new(_time);
        CancellationToken running = gate.Running;
        Assert.True(gate.WaitAsync(Cancel).IsCompletedSuccessfully);

        Assert.Equal((true, false), (gate.Pause(), gate.Pause()));
        Task waiting = gate.WaitAsync(Cancel);
        Assert.Equal((true, true, false), (running.IsCancellationRequested, gate.IsPaused, waiting.IsCompleted));

        Assert.Equal((true, false), (gate.Resume(), gate.Resume()));
        await waiting;
        Assert.Equal((false, false), (gate.IsPaused, gate.Running.IsCancellationRequested));
    }

    [Fact]
    public async Task Wait_CallersCancel_Throws()
    {
        using PauseGate gate = new(_time);
        gate.Pause();
        using CancellationTokenSource cancel = new();
        Task waiting = gate.WaitAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void Paused_TwoPauses_AreAddedUp()
    {
        using PauseGate gate = new(_time);
        foreach (int seconds in (int[])[3, 4])
        {
            gate.Pause();
            _time.Advance(TimeSpan.FromSeconds(seconds));
            gate.Resume();
            _time.Advance(TimeSpan.FromSeconds(100));
        }

        gate.Pause();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(12), gate.Paused);
    }
}
