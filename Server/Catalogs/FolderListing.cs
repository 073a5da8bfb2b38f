using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;
using P2P.Server.Viewing;

namespace P2P.Server.Catalogs;

/// <summary>
/// Lists one folder of one peer: folders first, then files. Nothing below a subfolder is read: its end is looked up, and its files are
/// counted by their places. So a page costs about as much whatever the peer shares.
/// </summary>
sealed class FolderListing(CatalogIndex index, PageTokens tokens)
{
    const int DefaultSize = 1000;

    public BrowseResponse List(BrowseRequest request, Viewer viewer)
    {
        var peer = index.Find(request.PeerId) ?? throw new RefusalException(ErrorReason.NoSuchPeer, "No such live peer.");
        var query = new BrowseRequest(request) { PageSize = 0, PageToken = "" };
        var after = request.PageToken.Length == 0 ? null : Mark.Read(tokens.OpenOrRefuse(query, request.PageToken));
        var prefix = request.Path.Length == 0 ? "" : request.Path.TrimEnd('/') + "/";
        var response = new BrowseResponse { Peer = peer.ToInfo() };
        var page = new Page(response, request.PageSize == 0 ? DefaultSize : request.PageSize);
        var folder = new FolderView(peer.Catalog, Encoding.UTF8.GetBytes(prefix));
        if (!request.Recursive && after is null or { IsFolder: true })
        {
            page.AddFolders(folder.Folders(after?.Path).Where(entry => viewer.SeesFolder(peer, entry.Path)));
        }

        var last = after is { IsFolder: false } ? after.Path : null;
        page.AddFiles((request.Recursive ? folder.AllFiles(last) : folder.Files(last)).Where(file => viewer.Sees(peer, file)));
        if (page.IsEmpty && after is null && prefix.Length > 0)
        {
            throw new RefusalException(ErrorReason.NoSuchPath, "The peer has no such folder.");
        }

        response.NextPageToken = page.Last is { } end ? tokens.Seal(query, end.Write()) : "";
        return response;
    }

    /// <summary>The last entry of a page.</summary>
    sealed record Mark(bool IsFolder, Cursor.PathMark Path)
    {
        public static Mark Read(byte[] position) =>
            Cursor.Read(position, reader => new Mark(reader.ReadBoolean(), Cursor.ReadPath(reader)));

        public byte[] Write() => Cursor.Write(writer =>
        {
            writer.Write(IsFolder);
            Cursor.Write(writer, Path);
        });
    }

    sealed class Page(BrowseResponse response, int size)
    {
        bool _isCut;

        public bool IsEmpty => response.Folders.Count == 0 && response.Files.Count == 0;

        public Mark? Last => !_isCut ? null
            : response.Files.Count > 0 ? new Mark(false, Cursor.PathMark.Of(response.Files[^1].Path))
            : new Mark(true, Cursor.PathMark.Of(response.Folders[^1].Path));

        public void AddFolders(IEnumerable<FolderEntry> folders)
        {
            foreach (var folder in folders)
            {
                if (!HasRoom())
                {
                    return;
                }

                response.Folders.Add(folder);
            }
        }

        public void AddFiles(IEnumerable<FileRef> files)
        {
            if (_isCut)
            {
                return;
            }

            foreach (var file in files)
            {
                if (!HasRoom())
                {
                    return;
                }

                response.Files.Add(file.ToEntry());
            }
        }

        bool HasRoom()
        {
            _isCut |= response.Folders.Count + response.Files.Count >= size;
            return !_isCut;
        }
    }
}
