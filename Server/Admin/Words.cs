using System.CommandLine;
using P2P.Commands;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary>Roles, accounts and times as these commands read and write them.</summary>
static class Words
{
    static readonly string[] Roles = [.. Enum.GetValues<Role>().Where(role => role != Role.Unspecified).Select(Of)];

    public static string Of(Role role) => role.ToString().ToLowerInvariant();

    public static Role ToRole(string word) => Enum.Parse<Role>(word, ignoreCase: true);

    /// <summary><c>--role</c>.</summary>
    public static Option<string> RoleOption()
    {
        var option = new Option<string>("--role") { Description = "What it may do: search and fetch, share too, or run the directory [sharer]", DefaultValueFactory = _ => Of(Role.Sharer) };
        option.AcceptOnlyFromAmong(Roles);
        return option;
    }

    /// <summary>A role as an argument.</summary>
    public static Argument<string> RoleArgument()
    {
        var argument = new Argument<string>("ROLE") { Description = "What it may do from now on" };
        argument.AcceptOnlyFromAmong(Roles);
        return argument;
    }

    /// <summary><c>--group</c>, as often as one likes.</summary>
    public static Option<string[]> GroupOption() => new("--group") { Description = "A group that it is in; as many as need be [none]", HelpName = "NAME" };

    /// <summary>For people, in this machine's time.</summary>
    public static string Of(DateTimeOffset? time) => time is { } known
        ? known.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)
        : "";

    /// <summary>For programs.</summary>
    public static object ToSummary(Account account) => new
    {
        account.User,
        Role = Of(account.Role),
        account.Groups,
        account.Disabled,
        Created = Times.Read(account.Created),
        account.Sessions,
    };

    /// <summary>One line of what became of an account.</summary>
    public static void Tell(CommandRun run, Account account)
    {
        var groups = account.Groups.Count == 0 ? "" : $", in {string.Join(", ", account.Groups)}";
        run.Output.Line($"{account.User}: {Of(account.Role)}{groups}{(account.Disabled ? ", disabled" : "")}");
        run.Output.Object(new { Event = "account", Account = ToSummary(account) });
    }

    /// <summary>A code that is shown this once, and what to do with it.</summary>
    public static void TellCode(CommandRun run, string user, string code, object? more = null)
    {
        run.Output.Line($"Give this code to {user}; it is good once, and is not shown again:");
        run.Output.Line($"  {code}");
        run.Output.Line("It goes into P2P_INVITATION of 'peer', with the password that is to be, or into 'p2p-directory admin login --code'.");
        run.Output.Object(new { Event = "code", Invitation = code, More = more });
    }
}
