using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.CommandLine;
using P2P.Peers.Fetching;
using P2P.Peers.Local;
using TransferState = P2P.Contracts.DirectoryV1.TransferState;

namespace P2P.Peers.Lines;

/// <summary>The fetches that the directory asked for: a few at a time, some more wait, and no more than that.</summary>
/// <param name="work">Does one; null without a download folder.</param>
/// <param name="files">Where the owner sees them.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The owner learns what others make this peer do.</param>
sealed class RemoteFetches(RemoteFetch? work, DaemonFiles files, TimeProvider time, ILogger<RemoteFetches> log) : IAsyncDisposable
{
    /// <summary>Fetches at once.</summary>
    const int MostRunning = 4;

    /// <summary>Fetches at once and waiting.</summary>
    const int MostKept = 32;

    readonly SemaphoreSlim _slots = new(MostRunning);
    readonly ConcurrentDictionary<string, Running> _running = new(StringComparer.Ordinal);

    sealed record Running(CancellationTokenSource Source)
    {
        public Task Task { get; set; } = Task.CompletedTask;

        /// <summary>Not at once: what a cancelled fetch has to tidy up would hold the line up.</summary>
        public void Stop()
        {
            try
            {
                _ = Source.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It ended in the same instant.
                return;
            }
        }
    }

    /// <summary>There is a download folder.</summary>
    public bool Accepts => work is not null;

    /// <summary>Under way and waiting.</summary>
    public int Count => _running.Count;

    /// <summary>Begins what a command asks for; its progress and end go to the line.</summary>
    public void Start(ControlFetch command, ChannelWriter<ControlRequest> line, CancellationToken lineOver)
    {
        if (work is null || _running.Count >= MostKept)
        {
            var reason = work is null ? "This peer has no download folder." : $"This peer has {MostKept} fetches to do already.";
            Tell(line, command.Id, new FetchResponse { State = TransferState.Failed, Reason = reason });
            return;
        }

        var running = new Running(command.Request.Detach ? new CancellationTokenSource() : CancellationTokenSource.CreateLinkedTokenSource(lineOver));
        if (!_running.TryAdd(command.Id, running))
        {
            // The id is that of a fetch under way: the directory asked twice.
            running.Source.Dispose();
            return;
        }

        running.Task = RunAsync(work, command, running.Source, line);
    }

    /// <summary>Stops a fetch; its part stays.</summary>
    public void Cancel(string id)
    {
        if (_running.TryGetValue(id, out var running))
        {
            running.Stop();
        }
    }

    /// <summary>Stops all, and waits for their ends.</summary>
    public async ValueTask DisposeAsync()
    {
        var left = _running.Values.ToList();
        left.ForEach(running => running.Stop());
        await Task.WhenAll(left.Select(running => running.Task)).ConfigureAwait(false);
        _slots.Dispose();
    }

    async Task RunAsync(RemoteFetch fetch, ControlFetch command, CancellationTokenSource stop, ChannelWriter<ControlRequest> line)
    {
        // The line is not held up by what is done before the first wait.
        await Task.Yield();
        LineLog.Fetches(log, command.Request.Root, command.Request.Length);
        FetchResponse end;
        try
        {
            Tell(line, command.Id, new FetchResponse { State = TransferState.Waiting, BytesTotal = command.Request.Length });
            end = await TakeTurnAsync(fetch, command, line, stop.Token).ConfigureAwait(false);
        }
        catch (Exception stopped) when (stop.IsCancellationRequested && stopped is OperationCanceledException or RpcException)
        {
            end = new FetchResponse { State = TransferState.Cancelled };
        }
        catch (Exception fault)
        {
            // Whoever ordered it waits for its end.
            LineLog.Faulted(log, fault, command.Request.Root);
            end = new FetchResponse { State = TransferState.Failed, Reason = "The peer's program failed; its log says how." };
        }
        finally
        {
            _running.TryRemove(command.Id, out _);
            stop.Dispose();
        }

        LineLog.Fetched(log, command.Request.Root, end.State.ToString(), end.Reason);
        await TellEndAsync(line, command.Id, end).ConfigureAwait(false);
    }

    async Task<FetchResponse> TakeTurnAsync(RemoteFetch fetch, ControlFetch command, ChannelWriter<ControlRequest> line, CancellationToken stop)
    {
        await _slots.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            var meter = new FetchMeter();
            var rate = new RateMeter();
            var started = time.GetTimestamp();
            await using var timer = time.CreateTimer(
                _ =>
                {
                    rate.Add(time.GetElapsedTime(started), meter.Received);
                    Tell(line, command.Id, new FetchResponse
                    {
                        State = TransferState.Running,
                        BytesDone = meter.Done,
                        BytesTotal = command.Request.Length,
                        BytesPerSecond = (long)rate.BytesPerSecond,
                    });
                },
                null, LineTimes.ProgressEvery, LineTimes.ProgressEvery);
            return await RunAsync(fetch, command.Request, meter, stop).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    // The owner of this peer sees it too, and can stop it.
    async Task<FetchResponse> RunAsync(RemoteFetch fetch, FetchRequest request, FetchMeter meter, CancellationToken stop)
    {
        var end = new FetchResponse { State = TransferState.Cancelled };
        await using var view = FetchView.Begin(files, request, meter, time, log);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, view.Cancelled);
        try
        {
            end = await fetch.RunAsync(request, meter, view.Gate, either.Token).ConfigureAwait(false);
        }
        catch (Exception stopped) when (view.Cancelled.IsCancellationRequested && stopped is OperationCanceledException or RpcException)
        {
            end.Reason = "The peer's owner cancelled it.";
        }
        finally
        {
            await view.RecordAsync(end).ConfigureAwait(false);
        }

        return end;
    }

    // Where there is no room, or no line any more, the next message says as much.
    static void Tell(ChannelWriter<ControlRequest> line, string id, FetchResponse progress) => line.TryWrite(Message(id, progress));

    static async Task TellEndAsync(ChannelWriter<ControlRequest> line, string id, FetchResponse end)
    {
        try
        {
            await line.WriteAsync(Message(id, end)).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The line broke: nobody waits for the end any more.
            return;
        }
    }

    static ControlRequest Message(string id, FetchResponse progress) =>
        new() { Progress = new ControlProgress { Id = id, Progress = progress } };
}
