using System.Globalization;
using P2P.Server.Sessions;

namespace P2P.Server.Catalogs;

/// <summary>How much a peer and an account may have listed, whichever call brings it.</summary>
sealed class CatalogQuota(CatalogIndex index, CatalogOptions options)
{
    /// <param name="peer">Whose catalog it is.</param>
    /// <param name="catalog">What it would share.</param>
    /// <param name="leaving">Peers of the account that go when this one comes.</param>
    /// <exception cref="RefusalException">It is too much.</exception>
    public void RefuseIfTooMany(PeerIdentity peer, PeerCatalog catalog, params IReadOnlyCollection<LivePeer?> leaving)
    {
        if (catalog.FileCount > options.FilesPerPeer)
        {
            var limit = options.FilesPerPeer.ToString("N0", CultureInfo.InvariantCulture);
            throw RefusalException.Quota("files", $"A peer shares at most {limit} files.");
        }

        if (catalog.Segments.Sum(view => (long)view.Segment.TextLength) > options.NameBytesPerPeer)
        {
            throw RefusalException.Quota("names", "The names of a peer's files together are longer than the directory keeps for one.");
        }

        // Nobody's peers have more than all peers: it takes a large directory to make it worth a look at each of them.
        if (catalog.FileCount > 0 && index.FileCount + catalog.FileCount > options.FilesPerAccount
            && OfOthers(peer, leaving) + catalog.FileCount > options.FilesPerAccount)
        {
            throw RefusalException.Quota("files", $"The peers of an account share at most {options.FilesPerAccount} files together.");
        }

        if (catalog.Access.Count > FolderAccess.MostFolders)
        {
            throw RefusalException.Quota("folders", $"A peer keeps at most {FolderAccess.MostFolders} folders to groups.");
        }
    }

    long OfOthers(PeerIdentity peer, IReadOnlyCollection<LivePeer?> leaving) => index.Peers
        .Where(other => other.Identity.User == peer.User && other.PeerId != peer.PeerId && !leaving.Contains(other))
        .Sum(other => (long)other.Catalog.FileCount);
}
