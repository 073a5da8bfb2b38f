using Grpc.Core;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.Session;

/// <summary>
/// What follows from what happened: pure functions from state to state. Back-off uses a number from 0 to 1 that the caller draws.
/// </summary>
static class SessionPolicy
{
    /// <summary>What to do now.</summary>
    /// <param name="state">The state.</param>
    /// <param name="now">The time.</param>
    /// <param name="isPublished">Whether the directory has all that there is to say.</param>
    public static SessionStep Next(SessionState state, DateTimeOffset now, bool isPublished) => state switch
    {
        { Phase: SessionPhase.Stopped } => new(SessionAction.Stop),
        { Phase: SessionPhase.Offline } => now >= state.NotBefore ? new(SessionAction.Login) : new(SessionAction.Wait, state.NotBefore),
        _ when now >= state.NextHeartbeat => new(SessionAction.Heartbeat),
        _ when isPublished => new(SessionAction.Wait, state.NextHeartbeat),
        { Held: null } => now >= state.NotBefore ? new(SessionAction.Heartbeat) : WaitForRetry(state),
        _ => now >= state.NotBefore ? new(SessionAction.Publish) : WaitForRetry(state),
    };

    public static SessionState LoggedIn(SessionState state, LoginResponse response, DateTimeOffset now) => new()
    {
        Phase = SessionPhase.Online,
        Token = response.Token,
        PeerId = response.PeerId,
        IsVerified = response.Verified,
        IsReachable = response.Reachable,
        Held = new HeldCatalog(response.CatalogId, response.Sequence),
        NextHeartbeat = now + RenewAfter(response.RenewAfterSeconds, response.LeaseSeconds),
        LeaseEnds = now + TimeSpan.FromSeconds(response.LeaseSeconds),
        NotBefore = now,
    };

    public static SessionState Renewed(SessionState state, HeartbeatResponse response, DateTimeOffset now) => state with
    {
        Reason = "",
        Failures = 0,
        IsReachable = response.Reachable,
        Held = new HeldCatalog(response.CatalogId, response.Sequence),
        NextHeartbeat = now + RenewAfter(response.RenewAfterSeconds, response.LeaseSeconds),
        LeaseEnds = now + TimeSpan.FromSeconds(response.LeaseSeconds),
    };

    public static SessionState Published(SessionState state, PublishResponse response) => state with
    {
        Reason = "",
        Failures = 0,
        Held = new HeldCatalog(response.CatalogId, response.Sequence),
    };

    public static SessionState LoginFailed(SessionState state, CallFailure failure, DateTimeOffset now, double random)
    {
        // Another account's session at this address may be a dead one whose lease runs out. And who gets between us and a directory that
        // had let us in shall not be able to end us for good.
        var mayPass = failure.IsTransient || failure.Reason == "PEER_TAKEN" || (failure.IsUntrusted && state.PeerId.Length > 0);
        return mayPass ? Retry(state, failure, now, random) : Stop(failure);
    }

    /// <summary>Heartbeat or Publish failed.</summary>
    public static SessionState CallFailed(SessionState state, CallFailure failure, DateTimeOffset now, double random, bool isPublish)
    {
        if (failure.IsSentAway)
        {
            return Stop(failure);
        }

        if (failure.IsSessionUnknown)
        {
            return new SessionState { Reason = "The directory no longer knows this session.", PeerId = state.PeerId, NotBefore = now };
        }

        // The answer to a broken Publish is open; a Heartbeat tells what the directory has.
        var next = Retry(state, failure, now, random) with { Held = isPublish ? null : state.Held };
        return isPublish ? next : next with { NextHeartbeat = next.NotBefore };
    }

    /// <summary>Our own Logout.</summary>
    public static SessionState LoggedOut(SessionState state) =>
        new() { Phase = SessionPhase.Stopped, Reason = "Logged out.", PeerId = state.PeerId };

    static SessionStep WaitForRetry(SessionState state) =>
        new(SessionAction.Wait, state.NotBefore < state.NextHeartbeat ? state.NotBefore : state.NextHeartbeat);

    static SessionState Retry(SessionState state, CallFailure failure, DateTimeOffset now, double random) => state with
    {
        Reason = failure.Code switch
        {
            StatusCode.Unavailable or StatusCode.DeadlineExceeded => $"The directory does not answer ({failure.Message.TrimEnd('.')}).",
            _ => failure.Message,
        },
        Failures = state.Failures + 1,
        NotBefore = now + Backoff.Delay(state.Failures + 1, random, failure.RetryDelay),
    };

    static SessionState Stop(CallFailure failure) => new()
    {
        Phase = SessionPhase.Stopped,
        StoppedBy = failure,
        Reason = failure.Reason switch
        {
            "LOGGED_OUT" => "This peer was logged out, so it stays out. Share again to come back.",
            "REPLACED" => "Another peer logged in at this address with the same account, so this one stays out.",
            "BAD_CREDENTIALS" => "The directory does not accept this user and password.",
            "REGISTRATION_OFF" => "The directory does not know this user, and registers nobody by itself: ask its operator for an invitation.",
            _ => failure.Message,
        },
    };

    // A directory that says nothing useful is asked at a third of the lease.
    static TimeSpan RenewAfter(int renewAfter, int lease) =>
        TimeSpan.FromSeconds(renewAfter > 0 ? renewAfter : Math.Max(1, lease / 3));
}
