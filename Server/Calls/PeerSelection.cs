using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>The live peers that <c>ip</c> and <c>url</c> select.</summary>
static class PeerSelection
{
    /// <returns>At least one.</returns>
    public static IReadOnlyList<LivePeer> At(CatalogIndex index, string ip, string url)
    {
        var endpoint = AddressPolicy.ReadPair(ip, url).Endpoint!.Value;
        var peers = index.At(endpoint.Address.ToString(), endpoint.Port).ToList();
        return peers.Count > 0 ? peers : throw new RefusalException(ErrorReason.NoSuchPeer, "No live peer has that address.");
    }
}
