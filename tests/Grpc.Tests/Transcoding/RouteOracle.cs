using System.Text;
using System.Text.RegularExpressions;

namespace Grpc.Tests.Transcoding;

/// <summary>The routing rules again, slowly: every template as a regular expression over the raw path, all matches ranked by a key.</summary>
static class RouteOracle
{
    public static (string? Target, string Values, string? Allow, bool IsMalformed) Find(
        (string Name, string Method, string Template)[] routes, string method, string path)
    {
        var matches = routes
            .Select((route, index) => (route, index, match: Match(route.Template, path)))
            .Where(candidate => candidate.match is not null)
            .ToList();
        var best = matches
            .Where(candidate => candidate.route.Method == method || candidate.route.Method == "*")
            .OrderBy(candidate => Rank(candidate.route.Template), StringComparer.Ordinal)
            .ThenBy(candidate => candidate.route.Method == "*")
            .ThenBy(candidate => candidate.index)
            .FirstOrDefault();
        if (best.match is null)
        {
            var allow = string.Join(", ", matches.Select(candidate => candidate.route.Method).Distinct().Order(StringComparer.Ordinal));
            return (null, "", allow.Length > 0 ? allow : null, false);
        }
        return best.match.Contains(null)
            ? (best.route.Name, "", null, true)
            : (best.route.Name, string.Join("|", best.match), null, false);
    }

    // Smaller goes first. Verb before none; then by segment; after ** the longer rest, padded so that it counts before what follows.
    static string Rank(string template)
    {
        var (body, verb) = SplitVerb(template);
        var kinds = string.Concat(Parts(body).Select(part => part switch { "**" => '3', "*" => '2', _ => '1' }));
        var multi = kinds.IndexOf('3', StringComparison.Ordinal);
        var rank = multi < 0 ? kinds : kinds[..(multi + 1)] + (char)('9' - (kinds.Length - multi)) + kinds[(multi + 1)..];
        return (verb is null ? "1" : "0") + rank;
    }

    static List<string?>? Match(string template, string path)
    {
        var (body, verb) = SplitVerb(template);
        if (verb is not null)
        {
            if (!path.EndsWith(":" + verb, StringComparison.Ordinal) || path.LastIndexOf('/') > path.LastIndexOf(':'))
            {
                return null;
            }
            path = path[..^(verb.Length + 1)];
        }
        var pattern = new StringBuilder("^");
        var names = new List<string>();
        foreach (var piece in Regex.Split(body[1..], "/(?![^{]*})"))
        {
            var variable = Regex.Match(piece, @"^\{(\w+)(?:=(.*))?\}$");
            var inner = (variable.Success ? (variable.Groups[2].Success ? variable.Groups[2].Value : "*") : piece).Split('/');
            if (variable.Success)
            {
                names.Add(variable.Groups[1].Value + (inner.Length > 1 || inner[0] == "**" ? "+" : ""));
            }
            var open = variable.Success ? $"(?<{variable.Groups[1].Value}>" : "(?:";
            pattern.Append(open).Append(string.Concat(inner.Select(part => part switch
            {
                "**" => "(?:/[^/]+)*",
                "*" => "/[^/]+",
                _ => "/(?:" + part + "|%" + ((int)part[0]).ToString("X2", null) + ")",
            }))).Append(')');
        }
        var match = Regex.Match(path == "/" ? "" : path, pattern.Append('$').ToString());
        if (!match.Success)
        {
            return null;
        }
        return [.. names.Select(name => Value(match.Groups[name.TrimEnd('+')].Value.TrimStart('/'), name[^1] == '+'))];
    }

    static string? Value(string raw, bool isMulti)
    {
        if (raw.Contains("%zz", StringComparison.Ordinal))
        {
            return null;
        }
        var text = raw.Replace("%61", "a", StringComparison.Ordinal);
        return isMulti ? text : text.Replace("%2F", "/", StringComparison.Ordinal);
    }

    static (string Body, string? Verb) SplitVerb(string template)
    {
        var colon = template.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (template, null) : (template[..colon], template[(colon + 1)..]);
    }

    static string[] Parts(string body) => Regex.Replace(body[1..], @"\{\w+=([^}]*)\}", "$1").Replace("{x}", "*", StringComparison.Ordinal).Split('/');
}
