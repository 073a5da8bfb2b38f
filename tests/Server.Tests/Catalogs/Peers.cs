using System.Globalization;
using System.Net;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Tests.Catalogs;

/// <summary>Peers and files for tests.</summary>
static class Peers
{
    public static LivePeer Live(string peerId, params FileEntry[] files) => Live(peerId, "user-" + peerId, files);

    public static LivePeer Live(string peerId, string user, FileEntry[] files) => new(
        new PeerIdentity(
            peerId, user, "", new PeerEndpoint(IPAddress.Loopback, 5000 + peerId.Length, secure: false), [], false, DateTimeOffset.UnixEpoch, null),
        PeerCatalog.Of(files));

    /// <summary>A file whose root repeats a number.</summary>
    public static FileEntry File(string path, int root, long size = 10) => new()
    {
        Path = path,
        Size = size,
        Root = Root(root),
    };

    public static FileEntry Name(string path) => new() { Path = path };

    public static string Root(int number) => number.ToString("x64", CultureInfo.InvariantCulture);
}
