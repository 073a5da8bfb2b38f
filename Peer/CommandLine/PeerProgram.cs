using System.CommandLine;

namespace P2P.Peers.CommandLine;

/// <summary>The program and its commands.</summary>
public static class PeerProgram
{
    const string Name = "peer";

    static readonly IReadOnlyList<CommandDefinition> All =
    [
        ShareCommand.Definition,
        SearchCommand.Definition,
        GetCommand.Definition,
        FetchCommand.Definition,
        PutCommand.Definition,
        TransfersCommand.List,
        TransfersCommand.Pause,
        TransfersCommand.Resume,
        TransfersCommand.Cancel,
        HistoryCommand.Definition,
        PeersCommand.Definition,
        ListCommand.Definition,
        HashCommand.Definition,
        StatusCommand.Definition,
        LogoutCommand.Definition,
        PasswordCommand.Definition,
    ];

    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static Task<int> RunAsync(string[] args, CommandHost host, CancellationToken cancellation)
    {
        RootCommand root = new("Shares folders, finds files that others share, and fetches them from all who have them.");
        CommonOptions options = CommonOptions.OfPeer(Name);
        options.AddTo(root);
        Dictionary<Command, string[]> examples = new() { [root] = ["peer share ~/music", "peer search beethoven", "peer get symphony.flac"] };
        CommandDefinition.AddAll(root, All, new CommandShell(options, host), examples);
        HelpWithExamples.Install(root, examples, exitCodesOf: root);
        return new CommandProgram(Name, root, host).RunAsync(args, cancellation);
    }
}
