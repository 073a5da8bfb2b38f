using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Sharing;

namespace P2P.Peers.Session;

/// <summary>Does what <see cref="SessionPolicy"/> decides: one call at a time, until the session is stopped.</summary>
sealed class SessionRunner(
    IDirectoryLink link,
    SessionLogin login,
    TicketAuthority authority,
    CatalogState catalog,
    Func<int> uploadSlotsFree,
    TimeProvider time,
    ILogger<SessionRunner> log)
{
    readonly PublishedCatalog _published = new(login.Options.Access);
    volatile SessionState _state = new();
    string _toldReason = "";

    /// <summary>Where the session stands.</summary>
    public SessionState State => _state;

    /// <summary>Files that the directory has confirmed.</summary>
    public int PublishedFiles => _published.Count;

    /// <summary>Called after every change of the state.</summary>
    public event Action<SessionState>? Changed;

    /// <summary>Runs until the session is stopped for good, or cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var snapshot = catalog.Current;
            var step = SessionPolicy.Next(_state, time.GetUtcNow(), IsPublished(snapshot));
            switch (step.Action)
            {
                case SessionAction.Stop:
                    return;
                case SessionAction.Wait:
                    await WaitAsync(step.Until, snapshot, cancellationToken).ConfigureAwait(false);
                    break;
                case SessionAction.Login:
                    await CallAsync(() => LoginAsync(cancellationToken), SessionPolicy.LoginFailed).ConfigureAwait(false);
                    break;
                case SessionAction.Heartbeat:
                    await CallAsync(() => RenewAsync(cancellationToken), HeartbeatFailed).ConfigureAwait(false);
                    break;
                case SessionAction.Publish:
                    await CallAsync(() => PublishAsync(snapshot, cancellationToken), PublishFailed).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>Ends the session. Call it when <see cref="RunAsync"/> has ended.</summary>
    /// <returns>Whether the directory confirmed it, or there was no session.</returns>
    public async Task<bool> LogoutAsync(CancellationToken cancellationToken)
    {
        if (_state.Phase != SessionPhase.Online)
        {
            return true;
        }

        try
        {
            await link.LogoutAsync(_state.Token, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            SessionLog.LogoutUnanswered(log, error);
            return false;
        }
        finally
        {
            Become(SessionPolicy.LoggedOut(_state));
        }
    }

    // Nothing is said before the first scan is over: an empty list would take the place of a good one.
    bool IsPublished(CatalogSnapshot snapshot)
    {
        if (_state.Held is { } held)
        {
            _published.Accept(held);
        }

        return (snapshot.Version == 0 && !catalog.IsComplete) || _published.Has(snapshot, _state.Held);
    }

    async Task WaitAsync(DateTimeOffset until, CatalogSnapshot snapshot, CancellationToken cancellationToken)
    {
        var patience = until - time.GetUtcNow();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, time, stop.Token);
        var isWaitingForRetry = _state.Phase == SessionPhase.Offline || time.GetUtcNow() < _state.NotBefore;
        var change = isWaitingForRetry ? delay : catalog.WaitForChangeAsync(snapshot.Version, stop.Token);
        await Task.WhenAny(delay, change).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    async Task CallAsync(Func<Task> call, Func<SessionState, CallFailure, DateTimeOffset, double, SessionState> failed)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (RpcException error)
        {
            Become(failed(_state, CallFailure.Of(error), time.GetUtcNow(), Random.Shared.NextDouble()));
            Tell();
        }
    }

    async Task LoginAsync(CancellationToken cancellationToken)
    {
        var nonce = await link.ChallengeAsync(cancellationToken).ConfigureAwait(false);
        var response = await link.LoginAsync(login.Request(nonce), cancellationToken).ConfigureAwait(false);
        Become(SessionPolicy.LoggedIn(_state, response, time.GetUtcNow()));
        _toldReason = "";
        SessionLog.LoggedIn(log, login.Options.Directory, login.Options.User, response.PeerId);
        authority.Observe(response.Time);
        await authority.RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    async Task RenewAsync(CancellationToken cancellationToken)
    {
        var request = new HeartbeatRequest { UploadSlotsFree = uploadSlotsFree() };
        var response = await link.HeartbeatAsync(_state.Token, request, cancellationToken).ConfigureAwait(false);
        authority.Observe(response.Time);
        Become(SessionPolicy.Renewed(_state, response, time.GetUtcNow()));
    }

    async Task PublishAsync(CatalogSnapshot snapshot, CancellationToken cancellationToken)
    {
        var batches = _published.Plan(snapshot, _state.Held!.Value);
        var response = await link.PublishAsync(_state.Token, batches, cancellationToken).ConfigureAwait(false);
        _published.Accept(new HeldCatalog(response.CatalogId, response.Sequence));
        Become(SessionPolicy.Published(_state, response));
        SessionLog.Published(log, response.Batches, response.FileCount);
    }

    static SessionState HeartbeatFailed(SessionState state, CallFailure failure, DateTimeOffset now, double random) =>
        SessionPolicy.CallFailed(state, failure, now, random, isPublish: false);

    static SessionState PublishFailed(SessionState state, CallFailure failure, DateTimeOffset now, double random) =>
        SessionPolicy.CallFailed(state, failure, now, random, isPublish: true);

    void Become(SessionState state)
    {
        _state = state;
        Changed?.Invoke(state);
    }

    void Tell()
    {
        switch (_state.Phase)
        {
            case SessionPhase.Stopped:
                SessionLog.Stopped(log, _state.Reason);
                break;
            case SessionPhase.Offline when _state.Failures == 0:
                SessionLog.LogsInAgain(log, _state.Reason);
                break;
            // Once is enough, until it is something else.
            case var _ when _state.Reason != _toldReason:
                SessionLog.WillRetry(log, _state.Reason);
                break;
            default:
                break;
        }

        _toldReason = _state.Reason;
    }
}
