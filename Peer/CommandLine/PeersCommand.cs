using System.CommandLine;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Finding;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer peers</c>: who is here.</summary>
static class PeersCommand
{
    const int ShownOfId = 12;

    public static CommandDefinition Definition { get; } = new(Create, "peer peers", "peer peers --json");

    static Command Create(CommandShell shell)
    {
        Command command = new("peers", "List the live peers");
        shell.Handle(command, RunAsync);
        return command;
    }

    static async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        await using DirectoryConnection directory = await DirectoryConnection.OpenAsync(run, cancellation);
        List<PeerInfo> peers = await PeerFinder.ListAsync(directory, cancellation);
        run.Output.Table(
            [new("USER"), new("NAME", Wraps: true), new("PEER"), new("FILES", Right: true), new("SIZE", Right: true), new("ADDRESS"), new("STATE")],
            peers.Select(p => new[]
            {
                p.User, p.Name, p.PeerId[..Math.Min(ShownOfId, p.PeerId.Length)], $"{p.FileCount}", Quantity.Bytes(p.TotalSize), p.Url, StateOf(p),
            }));
        run.Output.Object(new
        {
            Peers = peers.Select(p => new
            {
                p.PeerId,
                p.User,
                p.Name,
                p.Url,
                p.Addresses,
                p.Reachable,
                p.Verified,
                p.FileCount,
                p.TotalSize,
                Since = Times.Read(p.Since),
            }),
        });
        if (peers.Count == 0)
            run.Output.Note("Nobody is here. 'peer share DIR' shares a folder.");
        return ExitCodes.Ok;
    }

    static string StateOf(PeerInfo peer) =>
        (peer.Verified ? "proven" : "declared") + (peer.Reachable ? "" : ", not reachable");
}
