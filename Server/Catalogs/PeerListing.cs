using P2P.Contracts.DirectoryV1;
using P2P.Server.Viewing;

namespace P2P.Server.Catalogs;

/// <summary>Lists peers with their files, paged by file.</summary>
sealed class PeerListing(CatalogIndex index, PageTokens tokens)
{
    const int DefaultSize = 1000;

    /// <param name="request">A valid request.</param>
    /// <param name="only">The peers that its address selects; null for all.</param>
    /// <param name="viewer">Who asks.</param>
    public IndexResponse List(IndexRequest request, IReadOnlyList<LivePeer>? only, Viewer viewer)
    {
        var query = new IndexRequest(request) { PageSize = 0, PageToken = "" };
        var start = request.PageToken.Length == 0 ? null : Start.Read(tokens.OpenOrRefuse(query, request.PageToken));
        var page = new Page(request.PageSize == 0 ? DefaultSize : request.PageSize, request.PeersOnly);
        foreach (var peer in only ?? index.Peers)
        {
            var order = PeerOrder.Of(peer).CompareTo(start?.Peer ?? default);
            if (start is not null && (order < 0 || (order == 0 && start.Path is null)))
            {
                continue;
            }

            if (page.IsFull)
            {
                page.Response.NextPageToken = tokens.Seal(query, page.Position());
                break;
            }

            var isContinued = start is not null && order == 0;
            var files = isContinued ? start!.Path!.Behind(peer.Catalog) : peer.Catalog.From("");
            page.Add(peer, files.Where(file => viewer.Sees(peer, file)));
            if (page.IsCut)
            {
                page.Response.NextPageToken = tokens.Seal(query, page.Position());
                break;
            }
        }

        return page.Response;
    }

    /// <summary>Where a page begins: behind a peer, or behind one of its files.</summary>
    sealed record Start(PeerOrder Peer, Cursor.PathMark? Path)
    {
        public static Start Read(byte[] position) => Cursor.Read(
            position, reader => new Start(Cursor.ReadPeer(reader), reader.ReadBoolean() ? Cursor.ReadPath(reader) : null));
    }

    sealed class Page(int size, bool peersOnly)
    {
        int _left = size;
        PeerOrder _peer;

        public IndexResponse Response { get; } = new();

        public bool IsFull => _left <= 0;

        /// <summary>The last peer has more files than the page has room for.</summary>
        public bool IsCut { get; private set; }

        /// <summary>A peer without files takes as much room as a file.</summary>
        public void Add(LivePeer peer, IEnumerable<FileRef> files)
        {
            var entry = new PeerFiles { Peer = peer.ToInfo() };
            Response.Peers.Add(entry);
            _peer = PeerOrder.Of(peer);
            if (!peersOnly)
            {
                entry.Files.AddRange(files.Take(_left + 1).Select(file => file.ToEntry()));
                IsCut = entry.Files.Count > _left;
            }

            if (IsCut)
            {
                entry.Files.RemoveAt(entry.Files.Count - 1);
            }

            _left -= Math.Max(1, entry.Files.Count);
        }

        public byte[] Position() => Cursor.Write(writer =>
        {
            Cursor.Write(writer, _peer);
            writer.Write(IsCut);
            if (IsCut)
            {
                Cursor.WritePath(writer, Response.Peers[^1].Files[^1].Path);
            }
        });
    }
}
