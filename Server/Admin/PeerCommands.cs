using System.CommandLine;
using P2P.Commands;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin peers</c>.</summary>
static class PeerCommands
{
    const int ShortestPrefix = 4;

    public static CommandDefinition Definition { get; } = AdminProgram.Below(
        "peers", "Who is here, and who may not be",
        new CommandDefinition(CreateList, "p2p-directory admin peers list"),
        new CommandDefinition(CreateEvict, "p2p-directory admin peers evict 3f9a61"),
        new CommandDefinition(
            shell => CreateBan(shell, "ban", "Bar a peer's key: its sessions end, and it logs in no more", isLift: false),
            "p2p-directory admin peers ban 3f9a61 --reason 'sends wrong bytes'"),
        new CommandDefinition(shell => CreateBan(shell, "unban", "Lift a ban", isLift: true), "p2p-directory admin peers unban 3f9a61"));

    static Argument<string> Peer() => new("PEER") { Description = "Its identifier, or of a live peer the beginning" };

    static Command CreateList(CommandShell shell)
    {
        var command = new Command("list", "List the live peers");
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var peers = await ListAsync(connection, cancellation);
            run.Output.Table(
                [new("PEER"), new("ACCOUNT"), new("NAME", Wraps: true), new("ADDRESS"), new("FILES", Right: true), new("SINCE")],
                peers.Select(peer => (string[])[peer.PeerId, peer.User, peer.Name, peer.Url, $"{peer.FileCount}", Words.Of(Times.Read(peer.Since))]));
            run.Output.Object(new
            {
                Peers = peers.Select(peer => new { peer.PeerId, peer.User, peer.Name, peer.Url, peer.Verified, peer.FileCount, Since = Times.Read(peer.Since) }),
            });
        }, cancellation));
        return command;
    }

    static Command CreateEvict(CommandShell shell)
    {
        var peer = Peer();
        var command = new Command("evict", "End a peer's session; it may log in again") { peer };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var id = await FindAsync(connection, run.Value(peer)!, cancellation);
            await connection.Client.EvictPeerAsync(new EvictPeerRequest { PeerId = id }, connection.Soon(cancellation));
            Tell(run, "evicted", id);
        }, cancellation));
        return command;
    }

    static Command CreateBan(CommandShell shell, string name, string description, bool isLift)
    {
        var (peer, reason) = (Peer(), BlockCommand.ReasonOption());
        var command = new Command(name, description) { peer, reason };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            // One that is barred is not live: what was said may be the beginning of its identifier in the list of bans.
            var id = isLift
                ? await BlockCommand.FindBanAsync(connection, run.Value(peer)!, cancellation)
                : await FindAsync(connection, run.Value(peer)!, cancellation);
            var request = new BanPeerRequest { PeerId = id, Lift = isLift, Reason = run.Value(reason) ?? "" };
            await connection.Client.BanPeerAsync(request, connection.Soon(cancellation));
            Tell(run, isLift ? "not barred any more" : "barred", id);
        }, cancellation));
        return command;
    }

    static void Tell(CommandRun run, string state, string id)
    {
        run.Output.Line($"{id}: {state}");
        run.Output.Object(new { Event = "peer", PeerId = id, State = state });
    }

    static Task<IReadOnlyList<PeerInfo>> ListAsync(OperatorConnection connection, CancellationToken cancellation) =>
        Pages.AllAsync<PeerInfo>(async token =>
        {
            var page = await connection.Directory.IndexAsync(new IndexRequest { PeersOnly = true, PageToken = token }, connection.Soon(cancellation));
            return (page.Peers.Select(peer => peer.Peer), page.NextPageToken);
        });

    static async Task<string> FindAsync(OperatorConnection connection, string word, CancellationToken cancellation) =>
        KeyPrint.IsPrint(word) ? word : Match((await ListAsync(connection, cancellation)).Select(peer => peer.PeerId), word);

    /// <summary>The identifier that a word is, or is the beginning of.</summary>
    /// <exception cref="CommandException">None, or several.</exception>
    public static string Match(IEnumerable<string> identifiers, string word)
    {
        var meant = identifiers
            .Where(id => id == word || (word.Length >= ShortestPrefix && id.StartsWith(word, StringComparison.OrdinalIgnoreCase)))
            .Distinct().ToList();
        return meant.Contains(word) ? word : meant.Count switch
        {
            1 => meant[0],
            0 => throw new CommandException(ExitCodes.NotFound, $"There is no peer whose identifier begins with '{word}' (at least {ShortestPrefix} characters)."),
            _ => throw new CommandException(ExitCodes.Ambiguous, $"'{word}' is the beginning of several: {string.Join(", ", meant)}."),
        };
    }
}
