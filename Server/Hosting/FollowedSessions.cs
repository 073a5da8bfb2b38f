using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>Applies what other directories of a shared store did to sessions.</summary>
sealed class FollowedSessions(SessionTable sessions, StateLoader loader, SessionState state)
{
    /// <summary>What a lease that is renewed elsewhere gets more, so that its news may be late.</summary>
    int Grace => 2 * state.Options.ShareSeconds;

    public void Apply(SessionSaved saved)
    {
        if (sessions.Find(saved.TokenHash).Session is null)
        {
            sessions.Add(loader.Session(saved), saved.LeaseSeconds + Grace);
        }
    }

    public void Apply(SessionEnded ended) => End(ended.TokenHash, ended.Reason, ended.Time, isRevoked: ended.Reason == ErrorReason.LoggedOut);

    public void Apply(SessionForgotten forgotten) => End(forgotten.TokenHash, ErrorReason.SessionUnknown, state.Time.GetUtcNow(), forgotten.IsRevoked);

    public void Apply(LeasesRenewed renewed)
    {
        foreach (var session in renewed.TokenHashes.Select(token => sessions.Find(token).Session).OfType<Session>())
        {
            state.Leases.Renew(session, state.Options.LeaseSeconds + Grace);
        }
    }

    void End(string tokenHash, ErrorReason reason, DateTimeOffset time, bool isRevoked)
    {
        if (sessions.Find(tokenHash).Session is { } session)
        {
            sessions.End(session, reason, time, isRevoked);
        }
    }
}
