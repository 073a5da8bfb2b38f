using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>Long calls that end with the session of their caller, and say why.</summary>
sealed class SessionBound(SessionTable sessions)
{
    /// <param name="session">Whose call it is; null for an anonymous caller's.</param>
    /// <param name="end">Which end of the session counts.</param>
    /// <param name="work">What it does; its token is cancelled at either end.</param>
    /// <param name="call">The call's own end.</param>
    public async Task RunAsync(Session? session, Func<Session, CancellationToken> end, Func<CancellationToken, Task> work, CancellationToken call)
    {
        if (session is null)
        {
            await work(call).ConfigureAwait(false);
            return;
        }

        var ended = end(session);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call, ended);
        try
        {
            await work(either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (ended.IsCancellationRequested && !call.IsCancellationRequested)
        {
            // Whatever it made of being stopped.
            sessions.RefuseIfEnded(session);
            throw;
        }
    }
}
