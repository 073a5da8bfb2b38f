using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.CommandLine;

namespace P2P.Peers.Finding;

/// <summary>Reads all pages of a peer's folder.</summary>
static class FolderLister
{
    /// <summary>
    /// What lies there. Downloads under way are no files of the peer's yet: they are left out, but for who asks for their label.
    /// </summary>
    public static async Task<(List<FolderEntry> Folders, List<FileEntry> Files)> ListAsync(
        DirectoryConnection directory, string peerId, string path, bool recursive, CancellationToken cancellation)
    {
        List<FolderEntry> folders = [];
        List<FileEntry> files = [];
        BrowseRequest request = new() { PeerId = peerId, Path = path, Recursive = recursive };
        do
        {
            BrowseResponse page = await directory.Client.BrowseAsync(request, directory.Soon(cancellation));
            folders.AddRange(page.Folders);
            files.AddRange(page.Files);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        if (path.Length == 0)
        {
            folders.RemoveAll(folder => folder.Path == SharedPath.PartialLabel);
            files.RemoveAll(file => SharedPath.IsPartial(file.Path));
        }

        return (folders, files);
    }
}
