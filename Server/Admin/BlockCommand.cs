using System.CommandLine;
using P2P.Commands;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin blocks</c>: what is barred and taken down, by whom, why.</summary>
static class BlockCommand
{
    public static CommandDefinition Definition { get; } = new(Create, "p2p-directory admin blocks");

    /// <summary><c>--reason</c>.</summary>
    public static Option<string?> ReasonOption() => new("--reason") { Description = "Why, for the list and the audit log", HelpName = "TEXT" };

    static Command Create(CommandShell shell)
    {
        var command = new Command("blocks", "List barred peers and taken-down roots, newest first");
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var blocks = await ListAsync(connection, cancellation);
            run.Output.Table(
                [new("KIND"), new("TARGET"), new("BY"), new("SINCE"), new("REASON", Wraps: true)],
                blocks.Select(block => (string[])
                [
                    Kind(block), block.Root.Length > 0 ? block.Root : block.PeerId, block.Operator, Words.Of(Times.Read(block.Time)), block.Reason,
                ]));
            run.Output.Object(new
            {
                Blocks = blocks.Select(block => new
                {
                    Kind = Kind(block),
                    PeerId = OrNull(block.PeerId),
                    Root = OrNull(block.Root),
                    block.Operator,
                    Time = Times.Read(block.Time),
                    block.Reason,
                }),
            });
        }, cancellation));
        return command;
    }

    /// <summary>The barred peer that a word is, or is the beginning of.</summary>
    public static async Task<string> FindBanAsync(OperatorConnection connection, string word, CancellationToken cancellation) =>
        PeerCommands.Match((await ListAsync(connection, cancellation)).Where(block => block.PeerId.Length > 0).Select(block => block.PeerId), word);

    static Task<IReadOnlyList<Block>> ListAsync(OperatorConnection connection, CancellationToken cancellation) =>
        Pages.AllAsync<Block>(async token =>
        {
            var page = await connection.Client.ListBlocksAsync(
                new ListBlocksRequest { PageSize = Pages.Size, PageToken = token }, connection.Soon(cancellation));
            return (page.Blocks, page.NextPageToken);
        });

    static string Kind(Block block) => block.TargetCase == Block.TargetOneofCase.Root ? "root" : "peer";

    static string? OrNull(string text) => text.Length > 0 ? text : null;
}
