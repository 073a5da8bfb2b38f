using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.CommandLine;
using P2P.Peers.Dialing;

namespace P2P.Peers.Finding;

/// <summary>Finds what a path means among one peer's files: a folder with all below it, or a file.</summary>
sealed class FolderFinder(DirectoryConnection directory, ContentFinder contents, PeerInfo peer, PathFilter filter)
{
    readonly SourcePeer[] _source = [SourcePeer.Of(peer)];

    /// <exception cref="CommandException">The peer has nothing of that name.</exception>
    /// <exception cref="RpcException">The directory failed.</exception>
    public async Task<IReadOnlyList<WantedFile>> FindAsync(string path, CancellationToken cancellation)
    {
        string folder = path.Trim('/');
        try
        {
            (_, List<FileEntry> files) = await FolderLister.ListAsync(directory, peer.PeerId, folder, recursive: true, cancellation);
            if (files.Count > 0)
                return [.. files.Where(f => f.HasRoot && f.HasSize && filter.Takes(BelowOf(f, folder))).Select(f => Of(f, folder))];
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound && RpcFailures.ReasonOf(e) == "NO_SUCH_PATH")
        {
            // It may be a file.
        }

        return [await contents.ByNameAsync(folder, peer.PeerId, cancellation)];
    }

    static string BelowOf(FileEntry file, string folder) => folder.Length == 0 ? file.Path : file.Path[(folder.Length + 1)..];

    // The folder's own name stays, as a copy of a folder would have it.
    WantedFile Of(FileEntry file, string folder)
    {
        int parent = folder.LastIndexOf('/') + 1;
        if (!SharedPath.TryParse(file.Path[parent..], out SharedPath? below) || !ContentRoot.TryParse(file.Root, out ContentRoot root))
            throw new CommandException(ExitCodes.Failed, $"The directory lists '{file.Path}' of {peer.User}, which is no path.");
        return new WantedFile(new ContentId(root, file.Size), below!.ToLocal(""), _source)
        {
            Time = Times.Read(file.Time),
            Executable = file.Executable,
            MoreSources = true,
        };
    }
}
