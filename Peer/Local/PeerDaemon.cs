using System.Net;
using P2P.Content;
using P2P.Peers.Lines;
using P2P.Peers.Serving;
using P2P.Peers.Session;
using P2P.Peers.Sharing;

namespace P2P.Peers.Local;

/// <summary>A running peer: it shares folders, serves them, and keeps its session with the directory.</summary>
/// <remarks>
/// Start: 1. bind the port, 2. serve Catalog and the local socket, 3. scan, 4. log in. Stop: 1. log out, so that nobody is sent here any
/// more, 2. stop scanning, 3. let transfers end for a few seconds.
/// </remarks>
sealed class PeerDaemon : IAsyncDisposable
{
    static readonly TimeSpan LogoutLimit = TimeSpan.FromSeconds(5);

    readonly NodeIdentity _identity;
    readonly TicketAuthority _authority;
    readonly HashCache _hashes;
    readonly FileHashing _hashing;
    readonly ContentDescriber _describer;
    readonly ShareIndexer _indexer;
    readonly ScanRequests _rescans;
    readonly SharingService _sharing;
    readonly WebApplication _catalogHost;
    readonly CancellationTokenSource _stop = new();
    readonly TaskCompletionSource _stopAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lazy<Task<bool>> _logout;
    readonly SideDoors _doors;
    WebApplication? _localHost;
    DaemonLines? _lines;
    Task _session = Task.CompletedTask;

    PeerDaemon(DaemonOptions options, IDirectoryLink link, ILoggerFactory loggers, TimeProvider time)
    {
        Options = options;
        _doors = SideDoors.Create(time);
        Slots = new UploadSlots(options.Serving.UploadSlots, options.Serving.SlotRetry, options.Serving.IsPreferred, time);
        _identity = NodeIdentity.Open(options.Files.Identity, [], time);
        _hashes = HashCache.Open(options.Files.Hashes, time);
        _hashing = new FileHashing(_hashes, Progress, options.Sharing.HashThreads);
        _rescans = new ScanRequests(options.Sharing, time);
        var log = loggers.CreateLogger<SharingService>();
        _indexer = new ShareIndexer(Catalog, _hashing, Progress, options.Sharing, time, log);
        _sharing = new SharingService(options.Folders, _indexer, Catalog, _rescans, options.Sharing, time, log);

        var socket = ListenSocket.Bind(options.Serving.Address, options.Serving.Port);
        var endpoint = (IPEndPoint)socket.LocalEndPoint!;
        var scheme = options.Serving.Tls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        Url = $"{scheme}://{(IPAddress.IsLoopback(endpoint.Address) ? "localhost" : endpoint.Address)}:{endpoint.Port}";
        _authority = new TicketAuthority(link, time, loggers.CreateLogger<TicketAuthority>());
        Grants = new GrantBook(options.Grants, time);
        var gate = new TicketGate(new TicketDoor(_identity.Print, options.Serving.Tls, options.Inbox?.From), Grants, _authority.Verifier, _authority);
        var lookup = new GuardedLookup(new ContentLookup(Catalog), gate);
        var inbox = new Inbox(options.Inbox, options.Serving, gate, Catalog, time);
        Partials = new PartialShelf(Catalog, time);
        _describer = new ContentDescriber(lookup, Partials, new TreeCache(_hashes), _rescans, Slots, inbox);
        var downloads = new DownloadServer(lookup, Partials, _rescans, Slots, options.Serving, time);
        _catalogHost = CatalogHost.Create(socket, loggers, new CatalogService(Catalog, lookup, Partials, gate, _describer, downloads, inbox),
            options.Serving, options.Serving.Tls ? PinnedTls.MutualServer(_identity, time) : null, _doors);

        var login = new SessionLogin(options.Session, _identity, () => new Uri($"{scheme}://localhost:{endpoint.Port}"));
        Session = new SessionRunner(link, login, _authority, Catalog, () => Slots.Free, time, loggers.CreateLogger<SessionRunner>());
        _logout = new Lazy<Task<bool>>(EndSessionAsync);
    }

    public DaemonOptions Options { get; }

    /// <summary>Where others reach it.</summary>
    public string Url { get; }

    public CatalogState Catalog { get; } = new();

    public SharingProgress Progress { get; } = new();

    public UploadSlots Slots { get; }

    /// <summary>Who may fetch without showing a ticket again.</summary>
    public GrantBook Grants { get; }

    /// <summary>Connections in which it, or a command beside it, is the client though it was dialled.</summary>
    public DialIns DialIns => _doors.DialIns;

    /// <summary>Downloads under way that it serves from.</summary>
    public PartialShelf Partials { get; }

    public SessionRunner Session { get; }

    public ScanTally Tally => _indexer.Tally;

    /// <summary>What hangs on the Control line; null before the session begins.</summary>
    public DaemonLines? Lines => _lines;

    public int UnwatchedFolders => _sharing.UnwatchedFolders;

    /// <summary>Ends when the owner asks the daemon to stop.</summary>
    public Task StopAsked => _stopAsked.Task;

    /// <summary>Ends when the session is over for good.</summary>
    public Task SessionEnded => _session;

    /// <summary>Starts a daemon. The caller holds the lock of its data folder.</summary>
    /// <param name="options">What to share, and how.</param>
    /// <param name="link">The calls of the session.</param>
    /// <param name="directory">For the Control line and what comes over it; null to hold none.</param>
    /// <param name="beforeLogin">Called once it serves.</param>
    /// <param name="loggers">Where it tells what happens.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="IOException">The port is taken, or the disk refused.</exception>
    public static async Task<PeerDaemon> StartAsync(
        DaemonOptions options, IDirectoryLink link, DaemonDirectory? directory, Action<PeerDaemon> beforeLogin, ILoggerFactory loggers,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var daemon = new PeerDaemon(options, link, loggers, time);
        await daemon._catalogHost.StartAsync(cancellationToken).ConfigureAwait(false);
        daemon._localHost = ServiceHost.Create<DaemonService>(
            ListenSocket.BindLocal(options.Files.Socket), loggers, services => services.AddSingleton(new DaemonService(daemon)));
        await daemon._localHost.StartAsync(cancellationToken).ConfigureAwait(false);
        await daemon._sharing.StartAsync(cancellationToken).ConfigureAwait(false);
        beforeLogin(daemon);
        daemon._session = daemon.Session.RunAsync(daemon._stop.Token);
        daemon._lines = directory is null ? null : new DaemonLines(
            directory, new LineOwner(daemon.Session, daemon._identity, daemon.Grants, daemon.Partials), daemon._doors, options, loggers, time);
        return daemon;
    }

    /// <summary>Looks at all shared folders again.</summary>
    public void Rescan()
    {
        foreach (var folder in Options.Folders)
        {
            _rescans.Add(ScanScope.Whole(folder));
        }
    }

    /// <summary>Ends the session, once, and asks the daemon to stop.</summary>
    /// <returns>Whether the directory confirmed it.</returns>
    public Task<bool> LogoutAsync() => _logout.Value;

    public async ValueTask DisposeAsync()
    {
        await LogoutAsync().ConfigureAwait(false);
        await _sharing.StopAsync(CancellationToken.None).ConfigureAwait(false);
        foreach (var host in ((WebApplication?[])[_localHost, _catalogHost]).OfType<WebApplication>())
        {
            await host.StopAsync().ConfigureAwait(false);
            await host.DisposeAsync().ConfigureAwait(false);
        }

        _sharing.Dispose();
        _describer.Dispose();
        _hashing.Dispose();
        _hashes.Dispose();
        _authority.Dispose();
        _identity.Dispose();
        _stop.Dispose();
        File.Delete(Options.Files.Socket);
    }

    async Task<bool> EndSessionAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_lines is { } lines)
        {
            await lines.DisposeAsync().ConfigureAwait(false);
        }

        try
        {
            await _session.ConfigureAwait(false);
        }
        catch (Exception stopped) when (_stop.IsCancellationRequested && stopped is OperationCanceledException or Grpc.Core.RpcException)
        {
            // The session's loop ends by its cancellation.
        }

        using var limit = new CancellationTokenSource(LogoutLimit);
        var isConfirmed = await Session.LogoutAsync(limit.Token).ConfigureAwait(false);
        _stopAsked.TrySetResult();
        return isConfirmed;
    }
}
