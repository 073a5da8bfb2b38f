using P2P.Commands;

namespace P2P.Server.Admin;

/// <summary>How an operator shows who it is.</summary>
abstract record Credentials
{
    /// <summary>By a session that was given for this command.</summary>
    public sealed record ByToken(string Token) : Credentials;

    /// <summary>By the session of an earlier <c>admin login</c>.</summary>
    public sealed record ByKept(KeptLogin Login) : Credentials;

    /// <summary>By a session for this command alone.</summary>
    /// <param name="Password">Null to ask for it on the terminal.</param>
    public sealed record ByPassword(string User, string? Password) : Credentials;

    /// <summary>What is given for this command counts first: a token, else a password; then what was kept; then the question on the terminal.</summary>
    /// <param name="settings">Account, password, directory.</param>
    /// <param name="token">The token that was given; null for none.</param>
    /// <param name="kept">Earlier logins.</param>
    /// <param name="canAsk">There is a terminal.</param>
    /// <exception cref="CommandException">There is nothing to show.</exception>
    public static Credentials Choose(ClientSettings settings, string? token, KeptLogins kept, bool canAsk)
    {
        if (token is not null)
        {
            return new ByToken(token);
        }

        if (settings is { User: { } named, Password: { } password })
        {
            return new ByPassword(named, password);
        }

        var known = kept.Of(settings.Directory).Where(login => settings.User is null || login.User == settings.User).ToList();
        return known.Count switch
        {
            1 => new ByKept(known[0]),
            > 1 => throw new CommandException(
                ExitCodes.Usage, $"Several are logged in to {settings.Directory}: say which by --user ({string.Join(", ", known.Select(login => login.User))})."),
            _ when settings.User is { } user && canAsk => new ByPassword(user, null),
            _ => throw new CommandException(
                ExitCodes.Usage,
                "Say who you are: --user NAME, with the password in P2P_PASSWORD or --password-file or typed on a terminal; "
                + "or log in once by 'p2p-directory admin login --user NAME'."),
        };
    }
}
