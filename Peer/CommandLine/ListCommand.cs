using System.CommandLine;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Finding;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer ls</c>: what one peer shares, by folder.</summary>
static class ListCommand
{
    public static CommandDefinition Definition { get; } =
        new(Create, "peer ls ana", "peer ls ana music/baroque", "peer ls 3f9a --recursive --json");

    static Command Create(CommandShell shell)
    {
        Argument<string> peer = new("PEER") { Description = "Account, name, address or beginning of the identifier" };
        Argument<string?> path = new("PATH") { Arity = ArgumentArity.ZeroOrOne, Description = "Folder; left out, the shared folders" };
        Option<bool> recursive = new("--recursive", "-r") { Description = "All files below" };
        Command command = new("ls", "List a folder of a peer") { peer, path, recursive };
        shell.Handle(command, (run, cancellation) =>
            RunAsync(run, run.Value(peer)!, (run.Value(path) ?? "").Trim('/'), run.Value(recursive), cancellation));
        return command;
    }

    static async Task<int> RunAsync(CommandRun run, string word, string path, bool recursive, CancellationToken cancellation)
    {
        await using DirectoryConnection directory = await DirectoryConnection.OpenAsync(run, cancellation);
        PeerInfo peer = await PeerFinder.FindAsync(directory, word, byName: true, cancellation);
        (List<FolderEntry> folders, List<FileEntry> files) = await FolderLister.ListAsync(directory, peer.PeerId, path, recursive, cancellation);
        ShowEmptyFolders(folders, files, path);
        int cut = recursive || path.Length == 0 ? 0 : path.Length + 1;
        run.Output.Table(
            [new("NAME", Wraps: true), new("SIZE", Right: true), new("FILES", Right: true), new("ROOT")],
            folders.Select(f => new[] { f.Path[cut..] + "/", Quantity.Bytes(f.TotalSize), $"{f.FileCount}", "" })
                .Concat(files.Select(f => new[] { f.Path[cut..], f.HasSize ? Quantity.Bytes(f.Size) : "?", "", f.HasRoot ? f.Root : "(unknown)" })));
        run.Output.Object(new
        {
            Peer = peer.PeerId,
            Path = path,
            Folders = folders.Select(f => new { f.Path, f.FileCount, f.TotalSize }),
            Files = files.Select(f => new
            {
                f.Path,
                Size = f.HasSize ? f.Size : (long?)null,
                Root = f.HasRoot ? f.Root : null,
                Time = Times.Read(f.Time),
                f.Executable,
            }),
        });
        return ExitCodes.Ok;
    }

    // The directory knows them as files.
    static void ShowEmptyFolders(List<FolderEntry> folders, List<FileEntry> files, string listed)
    {
        IEnumerable<string> empty = files.Where(f => SharedPath.IsEmptyFolder(f.Path)).Select(f => f.Path[..f.Path.LastIndexOf('/')]);
        folders.AddRange(empty.Where(folder => folder != listed).Select(folder => new FolderEntry { Path = folder }));
        files.RemoveAll(f => SharedPath.IsEmptyFolder(f.Path));
    }
}
