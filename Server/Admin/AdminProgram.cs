using System.CommandLine;
using P2P.Commands;

namespace P2P.Server.Admin;

/// <summary><c>p2p-directory admin</c>: what operators do, from a command line anywhere, over the calls that the directory has for them.</summary>
static class AdminProgram
{
    /// <summary>The program, as users call it.</summary>
    public const string Name = "p2p-directory";

    /// <summary>The word that all these commands begin with.</summary>
    public const string Word = "admin";

    public const string Description = "Run a directory that is up: accounts, groups, invitations, peers, roots, audit log, backups";

    static readonly IReadOnlyList<CommandDefinition> All =
    [
        LoginCommand.Definition,
        LogoutCommand.Definition,
        AccountCommands.Definition,
        GroupCommands.Definition,
        InviteCommand.Definition,
        PeerCommands.Definition,
        RootCommands.Definition,
        BlockCommand.Definition,
        RegistrationCommand.Definition,
        AuditCommand.Definition,
        BackupCommand.Definition,
    ];

    /// <summary>Runs a command line that begins with <see cref="Word"/>.</summary>
    /// <returns>One of the shared <see cref="ExitCodes"/>.</returns>
    public static Task<int> RunAsync(string[] args, CommandHost host, CancellationToken cancellation)
    {
        var admin = new Command(Word, Description);
        var options = CommonOptions.OfOperator(Name);
        options.AddTo(admin);
        AdminOptions.AddTo(admin);
        var examples = new Dictionary<Command, string[]>
        {
            [admin] = ["p2p-directory admin login --user boss", "p2p-directory admin accounts list", "p2p-directory admin audit --follow"],
        };
        CommandDefinition.AddAll(admin, All, new CommandShell(options, host), examples);
        var root = new RootCommand("The directory of a private peer-to-peer network.") { admin };
        HelpWithExamples.Install(root, examples, exitCodesOf: admin);
        return new CommandProgram(Name, root, host).RunAsync(args, cancellation);
    }

    /// <summary>A command of commands, such as <c>accounts</c>.</summary>
    public static CommandDefinition Below(string name, string description, params CommandDefinition[] definitions) => new(
        shell =>
        {
            var command = new Command(name, description);
            foreach (var definition in definitions)
            {
                command.Add(definition.Create(shell));
            }

            return command;
        },
        [.. definitions.SelectMany(definition => definition.Examples)]);
}
