using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Local;
using P2P.Peers.Serving;
using P2P.Peers.Session;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Peers.Lines;

/// <summary>The directory as a daemon calls it.</summary>
/// <param name="Calls">All but relays.</param>
/// <param name="Relays">Relays, on a connection of their own.</param>
sealed record DaemonDirectory(DirectoryClient Calls, DirectoryClient Relays);

/// <summary>What a Control line needs of its daemon.</summary>
/// <param name="Session">The session that it hangs on.</param>
/// <param name="Identity">Who the daemon is to peers.</param>
/// <param name="Grants">What it has granted, to be revoked.</param>
/// <param name="Partials">Where others are served what it is still fetching.</param>
sealed record LineOwner(SessionRunner Session, NodeIdentity Identity, GrantBook Grants, PartialShelf Partials);

/// <summary>All of a daemon that hangs on its Control line.</summary>
sealed class DaemonLines : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly PeerChannels _channels;
    readonly RemoteFetch? _work;
    readonly RemoteFetches _fetches;
    readonly Outreach _outreach;
    readonly LineRunner _line;
    readonly Task _running;

    public DaemonLines(
        DaemonDirectory directory, LineOwner owner, SideDoors doors, DaemonOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        Doors = doors;
        var policy = new DialPolicy(AllowLoopback: options.Session.Directory.IsLoopback);
        var calls = new SessionCalls(directory.Calls, directory.Relays, owner.Session, time);
        Routes = new PeerRoutes(new RelayDetour(calls.Relay, doors.DialIns).ReachAsync, time);
        _channels = new PeerChannels(policy, new DialSecurity(() => owner.Identity, calls.RenewTicketAsync, options.AllowPlaintext, time), Routes);
        _work = options.Downloads is { } folder ? new RemoteFetch(calls, _channels, new DownloadFolder(folder), new ShelfParts(owner.Partials), time) : null;
        _fetches = new RemoteFetches(_work, options.Files, time, loggers.CreateLogger<RemoteFetches>());
        _outreach = new Outreach(calls, doors.Carried, policy, Refusal(options), time, loggers.CreateLogger<Outreach>());
        _line = new LineRunner(calls, new LineCommands(_fetches, _outreach, owner.Grants), time, loggers.CreateLogger<LineRunner>());
        _running = _line.RunAsync(_stop.Token);
    }

    public SideDoors Doors { get; }

    /// <summary>How others were reached to fetch from them.</summary>
    public PeerRoutes Routes { get; }

    /// <summary>The directory can ask this daemon for something.</summary>
    public bool IsOpen => _line.IsOpen;

    /// <summary>Fetches under way and waiting.</summary>
    public int Fetches => _fetches.Count;

    /// <summary>Fetches as if the directory had said so, with nobody to tell of the progress.</summary>
    internal Task<FetchResponse> FetchNowAsync(FetchRequest request, CancellationToken cancellationToken) =>
        _work!.RunAsync(request, new FetchMeter(), gate: null, cancellationToken);

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
        await _outreach.DisposeAsync().ConfigureAwait(false);
        _channels.Dispose();
        _stop.Dispose();
    }

    // What is served in cleartext on this machine only does not go out over a relay in cleartext.
    static string? Refusal(DaemonOptions options) =>
        options.Serving.Tls || options.Session.Directory.IsLoopback || options.AllowPlaintext
            ? null
            : "The peer serves this machine only, in cleartext; it takes --bind to serve others.";
}
