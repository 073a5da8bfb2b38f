using System.Text;
using System.Text.RegularExpressions;

namespace P2P.Peers.Finding;

/// <summary>
/// Chooses files of a folder: those that some include pattern matches (all, if there is none) and no exclude pattern. <c>*</c> and
/// <c>?</c> stay within a component, <c>**</c> goes over several; a pattern without a slash is tried on the base name.
/// </summary>
public sealed class PathFilter
{
    // No pattern of a user's can take longer than the text is long.
    const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    readonly (Regex Pattern, bool WholePath)[] _include;
    readonly (Regex Pattern, bool WholePath)[] _exclude;

    public PathFilter(IEnumerable<string> include, IEnumerable<string> exclude)
    {
        _include = [.. include.Select(Compile)];
        _exclude = [.. exclude.Select(Compile)];
    }

    /// <param name="path">Below the folder, separated by <c>/</c>.</param>
    public bool Takes(string path) =>
        (_include.Length == 0 || Array.Exists(_include, p => Matches(p, path))) && !Array.Exists(_exclude, p => Matches(p, path));

    static bool Matches((Regex Pattern, bool WholePath) pattern, string path) =>
        pattern.Pattern.IsMatch(pattern.WholePath ? path : path[(path.LastIndexOf('/') + 1)..]);

    static (Regex Pattern, bool WholePath) Compile(string pattern)
    {
        StringBuilder regex = new(@"\A");
        for (int at = 0; at < pattern.Length; at++)
        {
            bool doubled = pattern[at] == '*' && at + 1 < pattern.Length && pattern[at + 1] == '*';
            if (doubled && at + 2 < pattern.Length && pattern[at + 2] == '/')
            {
                // "**/" stands for no folder too.
                regex.Append("(?:.*/)?");
                at += 2;
            }
            else if (doubled)
            {
                regex.Append(".*");
                at++;
            }
            else
            {
                regex.Append(pattern[at] switch { '*' => "[^/]*", '?' => "[^/]", char c => Regex.Escape(c.ToString()) });
            }
        }

        return (new Regex(regex.Append(@"\z").ToString(), Linear | RegexOptions.Singleline), pattern.Contains('/'));
    }
}
