using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Sessions;

namespace P2P.Server.Viewing;

/// <summary>What callers may see, by their accounts as they are now.</summary>
sealed class Viewers(AccountTable accounts, TakenDownRoots takenDown)
{
    /// <param name="session">Null for a caller without a token.</param>
    public Viewer Of(Session? session) => session is not null && accounts.Find(session.User) is { } account
        ? new Viewer(account.User, account.Groups, account.Role == Role.Operator, takenDown)
        : new Viewer(null, [], false, takenDown);

    /// <summary>Refuses a root that nobody is told of, and so nobody is to send.</summary>
    public void RefuseTakenDown(ContentRoot root)
    {
        if (takenDown.Has(root))
        {
            throw new RefusalException(ErrorReason.NoSuchContent, "That content is not passed on here.");
        }
    }

    /// <summary>Refuses accounts that may search and download only.</summary>
    public void RequireSharer(Session session)
    {
        if (accounts.Find(session.User) is not { Role: not Role.Reader })
        {
            throw new RefusalException(ErrorReason.RoleRequired, "The account may search and download, but not send.");
        }
    }
}
