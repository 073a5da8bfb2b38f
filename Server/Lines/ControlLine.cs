using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;

namespace P2P.Server.Lines;

/// <summary>Why a line is over.</summary>
enum LineEnd
{
    None,

    /// <summary>The daemon closed it, or the connection broke.</summary>
    Closed,

    /// <summary>A newer line of the same session took its place.</summary>
    Replaced,

    /// <summary>Its session is over.</summary>
    SessionEnded,

    /// <summary>Nothing came over it for too long.</summary>
    Silent,

    /// <summary>The daemon did not read its commands.</summary>
    Slow,

    /// <summary>The directory stops.</summary>
    Stopping,
}

/// <summary>
/// A daemon's line as the rest of the directory uses it: commands go out in order, and what comes back finds whoever waits by the
/// command's id. Ids are random and count on their own line only, so that no daemon can answer for another.
/// </summary>
sealed class ControlLine(Session session, LivePeer peer, bool acceptsFetch, LineOptions options, TimeProvider time) : IDisposable
{
    readonly Channel<ControlResponse> _commands = Channel.CreateBounded<ControlResponse>(
        new BoundedChannelOptions(options.QueueLength) { SingleReader = true });

    readonly ConcurrentDictionary<string, TaskCompletionSource<ControlAnswer>> _questions = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, LineFetch> _fetches = new(StringComparer.Ordinal);
    readonly CancellationTokenSource _over = new();
    int _end;

    public Session Session => session;

    public LivePeer Peer => peer;

    /// <summary>The daemon has a download folder.</summary>
    public bool AcceptsFetch => acceptsFetch;

    /// <summary>Why it is over, if it is.</summary>
    public LineEnd Ended => (LineEnd)Volatile.Read(ref _end);

    /// <summary>Cancelled when it is over.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Commands in the order in which they are to be sent.</summary>
    public IAsyncEnumerable<ControlResponse> Commands(CancellationToken cancellationToken) => _commands.Reader.ReadAllAsync(cancellationToken);

    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Asks the daemon to do something, and waits for its answer.</summary>
    /// <param name="id">Of the command.</param>
    /// <param name="command">What to do.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>The answer; one that it did not work where none came in time, or the line broke.</returns>
    public async Task<ControlAnswer> AskAsync(string id, ControlResponse command, CancellationToken cancellationToken)
    {
        var question = new TaskCompletionSource<ControlAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _questions[id] = question;
        try
        {
            Send(command);
            return Ended == LineEnd.None
                ? await question.Task.WaitAsync(TimeSpan.FromSeconds(options.AnswerSeconds), time, cancellationToken).ConfigureAwait(false)
                : new ControlAnswer { Id = id, Reason = "The peer's line broke." };
        }
        catch (TimeoutException)
        {
            return new ControlAnswer { Id = id, Reason = $"The peer did not answer for {options.AnswerSeconds} s." };
        }
        finally
        {
            _questions.TryRemove(id, out _);
        }
    }

    /// <summary>Starts a fetch; null if as many as may be are under way.</summary>
    public LineFetch? Fetch(FetchRequest request)
    {
        var fetch = new LineFetch(NewId(), request.Detach, this);
        _fetches[fetch.Id] = fetch;
        if (_fetches.Count > options.FetchesPerPeer)
        {
            _fetches.TryRemove(fetch.Id, out _);
            return null;
        }

        Send(new ControlResponse { Fetch = new ControlFetch { Id = fetch.Id, Request = request } });
        if (Ended != LineEnd.None)
        {
            fetch.Break(Broken());
        }

        return fetch;
    }

    /// <summary>A fetch that nobody follows any more.</summary>
    public void Forget(LineFetch fetch, bool cancel)
    {
        if (_fetches.TryRemove(fetch.Id, out _) && cancel)
        {
            Send(new ControlResponse { Cancel = new ControlCancel { Id = fetch.Id } });
        }
    }

    /// <summary>Has the daemon end what it granted to a key.</summary>
    public void Revoke(string print) => Send(new ControlResponse { Revoke = new ControlRevoke { PeerId = print } });

    /// <summary>Takes what the daemon said after its hello. What belongs to nothing (any more) is dropped.</summary>
    public void Take(ControlRequest message)
    {
        switch (message.MessageCase)
        {
            case ControlRequest.MessageOneofCase.Ping:
                Send(new ControlResponse { Ping = new ControlPing() });
                break;
            case ControlRequest.MessageOneofCase.Answer when _questions.TryGetValue(message.Answer.Id, out var question):
                question.TrySetResult(message.Answer);
                break;
            case ControlRequest.MessageOneofCase.Progress when message.Progress.Progress is not null
                && _fetches.TryGetValue(message.Progress.Id, out var fetch):
                fetch.Take(message.Progress.Progress);
                break;
            default:
                break;
        }
    }

    /// <summary>Ends the line; the first reason counts.</summary>
    public void End(LineEnd reason)
    {
        if (Interlocked.CompareExchange(ref _end, (int)reason, (int)LineEnd.None) != (int)LineEnd.None)
        {
            return;
        }

        _commands.Writer.TryComplete();
        foreach (var (id, question) in _questions)
        {
            question.TrySetResult(new ControlAnswer { Id = id, Reason = "The peer's line broke." });
        }

        foreach (var fetch in _fetches.Values)
        {
            fetch.Break(Broken());
        }

        _over.Cancel();
    }

    /// <summary>To be called when nobody finds it any more.</summary>
    public void Dispose() => _over.Dispose();

    void Send(ControlResponse command)
    {
        if (!_commands.Writer.TryWrite(command))
        {
            // Full, or over already.
            End(LineEnd.Slow);
        }
    }

    static RefusalException Broken() => new(ErrorReason.NoControlLine, "The peer's Control line broke; the same request goes on where it stopped.");
}
