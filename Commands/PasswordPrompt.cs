using System.Text;

namespace P2P.Commands;

/// <summary>Asks for a password without showing it.</summary>
public static class PasswordPrompt
{
    const string Otherwise = "A user needs a password: in P2P_PASSWORD or --password-file, or typed on a terminal.";

    /// <param name="host">The machine.</param>
    /// <param name="user">Whose.</param>
    /// <param name="title">What is asked for, before the user's name.</param>
    /// <param name="otherwise">Where it may be given instead, as a sentence.</param>
    /// <exception cref="CommandException">There is no terminal to ask on.</exception>
    public static string Ask(CommandHost host, string user, string title = "Password of", string otherwise = Otherwise)
    {
        if (!host.Interactive)
            throw new CommandException(ExitCodes.Usage, otherwise);
        host.Error.Write($"{title} {SafeText.Escape(user)}: ");
        StringBuilder password = new();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                password.Length = Math.Max(0, password.Length - 1);
            else if (key.KeyChar != '\0')
                password.Append(key.KeyChar);
        }

        host.Error.WriteLine();
        return password.ToString();
    }

    /// <summary>Asks for a new password, twice.</summary>
    /// <param name="host">The machine.</param>
    /// <param name="user">Whose.</param>
    /// <param name="otherwise">Where it may be given instead, as a sentence.</param>
    /// <exception cref="CommandException">There is no terminal to ask on, or the two are not the same.</exception>
    public static string AskNew(CommandHost host, string user, string otherwise = Otherwise)
    {
        string first = Ask(host, user, "New password of", otherwise);
        return Ask(host, user, "Once more, the new password of", otherwise) == first
            ? first
            : throw new CommandException(ExitCodes.Usage, "The two are not the same. Nothing was changed.");
    }
}
