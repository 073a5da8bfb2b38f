using P2P.Content;
using P2P.Peers.Dialing;
using P2P.Peers.Local;
using P2P.Peers.Session;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Peers.Lines;

/// <summary>All of a daemon that hangs on its Control line.</summary>
sealed class DaemonLines : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly PeerChannels _channels;
    readonly RemoteFetches _fetches;
    readonly LineRunner _line;
    readonly Task _running;

    DaemonLines(
        DirectoryClient client, SessionRunner session, NodeIdentity identity, DaemonOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        var directory = new SessionCalls(client, session, time);
        _channels = new PeerChannels(
            new DialPolicy(AllowLoopback: options.Session.Directory.IsLoopback),
            new DialSecurity(() => identity, options.AllowPlaintext, time));
        var work = options.Downloads is { } folder ? new RemoteFetch(directory, _channels, new DownloadFolder(folder), time) : null;
        _fetches = new RemoteFetches(work, time, loggers.CreateLogger<RemoteFetches>());
        _line = new LineRunner(directory, new LineCommands(_fetches), time, loggers.CreateLogger<LineRunner>());
        _running = _line.RunAsync(_stop.Token);
    }

    /// <summary>The directory can ask this daemon for something.</summary>
    public bool IsOpen => _line.IsOpen;

    /// <summary>Fetches under way and waiting.</summary>
    public int Fetches => _fetches.Count;

    public static DaemonLines Start(
        DirectoryClient client, SessionRunner session, NodeIdentity identity, DaemonOptions options, ILoggerFactory loggers, TimeProvider time) =>
        new(client, session, identity, options, loggers, time);

    /// <summary>Closes the line and stops what came over it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await _running.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by its cancellation.
        }

        await _fetches.DisposeAsync().ConfigureAwait(false);
        _channels.Dispose();
        _stop.Dispose();
    }
}
