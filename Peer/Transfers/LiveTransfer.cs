using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using P2P.Peers.Fetching;
using P2P.Peers.Local;
using P2P.Peers.Serving;

namespace P2P.Peers.Transfers;

/// <summary>
/// A transfer of this process that other commands of the same user can see, pause, resume and cancel. They connect to its socket, write one
/// of the words of <see cref="TransferWord"/> and a line feed, and read its state as a line of JSON.
/// </summary>
sealed class LiveTransfer : IAsyncDisposable
{
    const int LongestLine = 16;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly TransferFolder _folder;
    readonly TransferRecord _record;
    readonly FileStream _held;
    readonly Socket _socket;
    readonly ITransferMeter _meter;
    readonly TimeProvider _time;
    readonly CancellationTokenSource _cancel = new();
    readonly CancellationTokenSource _stop = new();
    readonly Task _run;

    LiveTransfer(TransferFolder folder, TransferRecord record, FileStream held, Socket socket, ITransferMeter meter, TimeProvider time)
    {
        (_folder, _record, _held, _socket, _meter, Gate, _time) = (folder, record, held, socket, meter, new PauseGate(time), time);
        _run = RunAsync();
    }

    public string Id => _record.Id;

    public PauseGate Gate { get; }

    /// <summary>Cancelled when somebody cancels it.</summary>
    public CancellationToken Cancelled => _cancel.Token;

    /// <exception cref="IOException">It cannot be written down, or its socket not be made: then nobody can see it.</exception>
    public static LiveTransfer Begin(DaemonFiles files, string kind, string what, string target, ITransferMeter meter, TimeProvider time)
    {
        TransferFolder folder = new(files);
        var record = folder.New(kind, what, target, time.GetUtcNow());
        var socket = ListenSocket.BindLocal(record.Socket);
        try
        {
            // Before it is written down: a word said to what is listed must not be lost.
            socket.Listen();
            return new LiveTransfer(folder, record, folder.Hold(record), socket, meter, time);
        }
        catch (Exception)
        {
            socket.Dispose();
            folder.Remove(record);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _socket.Dispose();
        _folder.Remove(_record);
        await _held.DisposeAsync().ConfigureAwait(false);
        Gate.Dispose();
        _cancel.Dispose();
        _stop.Dispose();
    }

    // One at a time: each is over within a moment, and they are all this user's.
    async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var caller = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                using var late = new CancellationTokenSource(Patience, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stop.Token);
                await AnswerAsync(caller, either.Token).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is OperationCanceledException or SocketException)
            {
                // Who does not ask within the time, or goes away, gets no answer.
                continue;
            }
        }
    }

    async Task AnswerAsync(Socket caller, CancellationToken cancellationToken)
    {
        var line = new byte[LongestLine];
        var length = 0;
        while (length < line.Length && !line.AsSpan(0, length).Contains((byte)'\n'))
        {
            var read = await caller.ReceiveAsync(line.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            length += read;
        }

        Do(Encoding.ASCII.GetString(line, 0, length).TrimEnd('\n'));
        var answer = JsonSerializer.SerializeToUtf8Bytes(State, TransferJson.Default.LiveState);
        for (var sent = 0; sent < answer.Length;)
        {
            sent += await caller.SendAsync(answer.AsMemory(sent), cancellationToken).ConfigureAwait(false);
        }
    }

    void Do(string word)
    {
        switch (word)
        {
            case TransferWord.Pause:
                Gate.Pause();
                break;
            case TransferWord.Resume:
                Gate.Resume();
                break;
            case TransferWord.Cancel:
                // Not from here: what is cancelled may wait for this answer to be over.
                _ = _cancel.CancelAsync();
                break;
            default:
                // A newer command's word: the state is all that it gets.
                break;
        }
    }

    LiveState State => new(
        Gate.IsPaused ? LiveState.Paused : LiveState.Running, _meter.Done, _meter.Total, _meter.FilesDone, _meter.Files);
}

/// <summary>What can be said to a transfer.</summary>
static class TransferWord
{
    public const string Show = "show";
    public const string Pause = "pause";
    public const string Resume = "resume";
    public const string Cancel = "cancel";
}
