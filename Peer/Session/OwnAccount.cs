using System.Security.Cryptography;
using P2P.Content;
using P2P.Peers.Local;

namespace P2P.Peers.Session;

/// <summary>
/// The account of someone who named none: in open access the first Login registers it. The name has a part of the key's print, so that
/// two data folders of one person do not meet; the password is random and kept beside the key.
/// </summary>
static class OwnAccount
{
    const int PrintDigits = 6;

    public static (string User, string Password) Of(DaemonFiles files, string? password, TimeProvider time)
    {
        using var identity = NodeIdentity.Open(files.Identity, [], time);
        return ($"{Name()}-{identity.Print[..PrintDigits]}", password ?? KeptPassword(files.Password));
    }

    static string Name()
    {
        string name = new([.. Environment.UserName.Where(char.IsAsciiLetterOrDigit).Take(32)]);
        return name.Length > 0 ? name : "peer";
    }

    static string KeptPassword(string file)
    {
        if (!File.Exists(file))
        {
            SecretFile.Create(file, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        }

        return File.ReadAllText(file).Trim();
    }
}
