using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace P2P.Content;

/// <summary>The files of a download that is not finished.</summary>
/// <param name="Target">Where the finished file will be.</param>
/// <param name="Part">What there is of it, beside the target: its name (shortened where need be), then a mark of content and name.</param>
/// <param name="Journal">Which pieces of it are written.</param>
public sealed partial record PartNames(string Target, string Part, string Journal)
{
    /// <summary>Whether a file name is that of a part or a journal.</summary>
    public static bool Matches(string name) => Mark().IsMatch(name);

    // Leaves room for the mark and ".journal" within the 255 bytes of a name.
    const int NameBytes = 200;

    /// <param name="target">Full path; its last component came through <see cref="NameSanitizer"/>.</param>
    /// <param name="content">What is being downloaded to it.</param>
    public static PartNames For(string target, ContentId content)
    {
        string name = Path.GetFileName(target);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{content}/{name}"));
        string stem = $"{NameSanitizer.TruncateUtf8(name, NameBytes)}.{Convert.ToHexStringLower(hash.AsSpan(0, 6))}";
        string folder = Path.GetDirectoryName(target) ?? "";
        return new PartNames(target, Path.Combine(folder, stem + ".part"), Path.Combine(folder, stem + ".journal"));
    }

    [GeneratedRegex(@"\.[0-9a-f]{12}\.(part|journal)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
