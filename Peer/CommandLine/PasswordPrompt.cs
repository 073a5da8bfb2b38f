using System.Text;

namespace P2P.Peers.CommandLine;

/// <summary>Asks for a password without showing it.</summary>
static class PasswordPrompt
{
    /// <exception cref="CommandException">There is no terminal to ask on.</exception>
    public static string Ask(CommandHost host, string user, string title = "Password of")
    {
        if (!host.Interactive)
            throw new CommandException(ExitCodes.Usage, "A user needs a password: P2P_PASSWORD, --password-file or, seen by others, --password.");
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
}
