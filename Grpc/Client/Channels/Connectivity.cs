namespace Grpc.Net.Client.Channels;

/// <summary>
/// What the channel knows of its connections, which the handler owns: an answer makes it ready, a connection that
/// could not be made a transient failure. It does not notice an idle connection that closes.
/// </summary>
sealed class Connectivity
{
    readonly Lock _gate = new();
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConnectivityState State { get; private set; } = ConnectivityState.Idle;

    public void Report(ConnectivityState state)
    {
        if (State == state)
        {
            return;
        }

        TaskCompletionSource changed;
        lock (_gate)
        {
            if (State == state || State == ConnectivityState.Shutdown)
            {
                return;
            }

            State = state;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    /// <summary>Returns once the state is another than the one observed.</summary>
    public Task WaitForChangeAsync(ConnectivityState lastObserved, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return State == lastObserved ? _changed.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
        }
    }
}
