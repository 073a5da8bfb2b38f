using System.CommandLine;
using P2P.Commands;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin audit</c>: what operators did, oldest first, as <c>tail</c> would show it.</summary>
sealed class AuditCommand
{
    const int PageSize = 1000;

    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    readonly Option<int> _count = new("--count") { Description = "The newest so many [50]", HelpName = "N", DefaultValueFactory = _ => 50 };
    readonly Option<bool> _follow = new("--follow") { Description = "Go on with what is done from now on, until Ctrl-C" };

    public static CommandDefinition Definition { get; } = new(
        shell => new AuditCommand().Create(shell), "p2p-directory admin audit", "p2p-directory admin audit --count 1000 --json", "p2p-directory admin audit --follow");

    Command Create(CommandShell shell)
    {
        var command = new Command("audit", "Show what operators did") { _count, _follow };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, connection => RunAsync(run, connection, cancellation), cancellation));
        return command;
    }

    async Task RunAsync(CommandRun run, OperatorConnection connection, CancellationToken cancellation)
    {
        var count = run.Value(_count) is var asked and >= 0
            ? asked
            : throw new CommandException(ExitCodes.Usage, "--count must not be negative.");
        var last = Tell(run, await NewestAsync(connection, count, after: null, cancellation));
        // With nothing shown there is still a place from which to go on.
        last ??= (await NewestAsync(connection, 1, after: null, cancellation)).Select(act => act.Id).FirstOrDefault() ?? "";
        while (run.Value(_follow))
        {
            await Task.Delay(LookAgain, run.Host.Time, cancellation);
            last = Tell(run, await NewestAsync(connection, int.MaxValue, last, cancellation)) ?? last;
        }
    }

    /// <summary>The newest acts, oldest first.</summary>
    /// <param name="count">At most.</param>
    /// <param name="after">Only those after this one; null for all.</param>
    static async Task<IReadOnlyList<AuditEvent>> NewestAsync(OperatorConnection connection, int count, string? after, CancellationToken cancellation)
    {
        var acts = new List<AuditEvent>();
        var request = new ListAuditEventsRequest { PageSize = PageSize };
        while (acts.Count < count)
        {
            var page = await connection.Client.ListAuditEventsAsync(request, connection.Soon(cancellation));
            var news = page.Events.TakeWhile(act => after is null || string.CompareOrdinal(act.Id, after) > 0).ToList();
            acts.AddRange(news.Take(count - acts.Count));
            request.PageToken = page.NextPageToken;
            if (news.Count < page.Events.Count || page.NextPageToken.Length == 0)
            {
                break;
            }
        }

        acts.Reverse();
        return acts;
    }

    static string? Tell(CommandRun run, IReadOnlyList<AuditEvent> acts)
    {
        foreach (var act in acts)
        {
            string[] words = [Words.Of(Times.Read(act.Time)), act.Operator.Length > 0 ? act.Operator : "-", act.Action, act.Target, act.Reason];
            run.Output.Line(string.Join("  ", words.Where(word => word.Length > 0)));
            run.Output.Object(new { Time = Times.Read(act.Time), act.Operator, act.Action, act.Target, act.Reason, act.Id });
        }

        return acts.Count == 0 ? null : acts[^1].Id;
    }
}
