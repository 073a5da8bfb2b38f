using P2P.Commands;
using P2P.Content;

namespace P2P.Server.Admin;

/// <summary>A session of an earlier <c>admin login</c>.</summary>
/// <param name="Directory">Its <c>host:port</c>.</param>
readonly record struct KeptLogin(string Directory, string User, string Token);

/// <summary>
/// The file of logins that were kept, for its owner only: one line each, <c>host:port</c>, token and account. It is written anew as a whole; of two
/// logins at the same instant the later one's file stays.
/// </summary>
sealed class KeptLogins(string file)
{
    /// <summary><c>p2p/operator-logins</c> in the XDG data folder.</summary>
    public static KeptLogins Of(IReadOnlyDictionary<string, string> environment) =>
        new(Path.Combine(Path.GetDirectoryName(ClientSettingsLoader.DefaultDataFolder(environment))!, "operator-logins"));

    public string File => file;

    /// <summary>Those at one directory.</summary>
    /// <exception cref="IOException">The file cannot be read, or a line of it is none.</exception>
    public IReadOnlyList<KeptLogin> Of(Uri directory) => [.. Read().Where(login => login.Directory == KnownDirectories.NameOf(directory))];

    /// <summary>Keeps a login in place of the account's earlier one.</summary>
    public void Keep(Uri directory, string user, string token)
    {
        var name = KnownDirectories.NameOf(directory);
        Write([.. Read().Where(login => (login.Directory, login.User) != (name, user)), new KeptLogin(name, user, token)]);
    }

    /// <summary>Keeps a token no longer.</summary>
    public void Forget(string token) => Write([.. Read().Where(login => login.Token != token)]);

    IReadOnlyList<KeptLogin> Read()
    {
        if (!System.IO.File.Exists(file))
        {
            return [];
        }

        return [.. System.IO.File.ReadAllLines(file).Where(line => line.Length > 0).Select((line, number) => Parse(line, number + 1))];
    }

    // The account comes last, for it may have spaces.
    KeptLogin Parse(string line, int number) => line.Split(' ', 3) is [var directory, var token, { Length: > 0 } user]
        ? new KeptLogin(directory, user, token)
        : throw new IOException($"Line {number} of {file} is damaged: it must be a directory's host:port, a token and an account. Remove it, and log in again.");

    void Write(IReadOnlyList<KeptLogin> logins)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        SecretFile.Replace(file, string.Join('\n', logins.Select(login => $"{login.Directory} {login.Token} {login.User}")));
    }
}
