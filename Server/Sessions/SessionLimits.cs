using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Operating;

namespace P2P.Server.Sessions;

/// <summary>Whom a login is refused to though its password or key is right.</summary>
sealed class SessionLimits(SessionTable sessions, BlockTable blocks, CatalogQuota quota, LeaseOptions options)
{
    public void RefuseIfBanned(string? keyPrint, PeerIdentity? peer)
    {
        if ((keyPrint is not null && blocks.IsBanned(keyPrint)) || (peer is not null && blocks.IsBanned(peer.PeerId)))
        {
            throw new RefusalException(ErrorReason.PeerBanned, "An operator of this directory has barred this peer.");
        }
    }

    /// <param name="user">Whose session it is to be.</param>
    /// <param name="source">The address that the Login came from.</param>
    /// <param name="leaving">How many sessions of the account this one replaces.</param>
    public void RefuseIfTooMany(string user, string source, int leaving)
    {
        if (sessions.CountOf(user) - leaving >= options.SessionsPerAccount)
        {
            throw RefusalException.Quota("sessions", $"An account has at most {options.SessionsPerAccount} sessions at a time; log out of one first.");
        }

        if (sessions.CountFrom(source) - leaving >= options.SessionsPerAddress)
        {
            throw RefusalException.Quota("sessions of the address", $"At most {options.SessionsPerAddress} sessions come from one address at a time.");
        }
    }

    /// <summary>What a peer names at Login, or had published before, counts like what it publishes.</summary>
    public void RefuseIfTooMany(PeerIdentity peer, PeerCatalog files, IReadOnlyList<Session> leaving) =>
        quota.RefuseIfTooMany(peer, files, [.. leaving.Select(session => session.Peer)]);
}
