namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>A template and what it leads to. Method is an HTTP method in upper case, or * for any.</summary>
sealed record Route<T>(string Method, RouteTemplate Template, T Target);

/// <summary>
/// What a method and a path lead to: a route with the values of its template's variables; or, where the path is known and the method is
/// not, the methods to allow; or nothing. Malformed says that a captured value is not percent-encoded UTF-8.
/// </summary>
readonly record struct RouteResult<T>(Route<T>? Route, string[] Values, string? Allow, bool IsMalformed);

/// <summary>
/// Routes by raw path segments. Literals are compared decoded and case-sensitively; no wildcard takes an empty segment, so that a
/// trailing slash never matches. Precedence: a template with the path's verb before one that takes the colon as text; then segment by
/// segment a literal before *, * before **, and after ** the template that goes on longer. Of equal templates the first one counts.
/// </summary>
sealed class RouteTable<T>
{
    readonly RouteNode<T> _root = new();

    public RouteTable(IEnumerable<Route<T>> routes)
    {
        foreach (var route in routes)
        {
            if (_root.Add(route, 0) is { } equal)
            {
                Clashes.Add((equal, route));
            }
        }
    }

    /// <summary>Routes that a route before them hides.</summary>
    public List<(Route<T> First, Route<T> Hidden)> Clashes { get; } = [];

    /// <param name="method">The HTTP method, as it came.</param>
    /// <param name="path">The raw path, without the query.</param>
    public RouteResult<T> Find(string method, ReadOnlySpan<char> path)
    {
        if (path is not ['/', ..])
        {
            return new(null, [], null, false);
        }
        var segments = PathText.Split(path);
        SortedSet<string>? allowed = null;
        var route = FindWithVerb(method, segments, ref allowed, out var captured) ?? Visit(method, captured = segments, verb: null, ref allowed);
        if (route is not null)
        {
            return TryCapture(route.Template, captured, out var values) ? new(route, values, null, false) : new(route, [], null, true);
        }
        return new(null, [], allowed is not null ? string.Join(", ", allowed) : null, false);
    }

    Route<T>? FindWithVerb(string method, string[] segments, ref SortedSet<string>? allowed, out string[] captured)
    {
        captured = segments;
        var colon = segments[^1].LastIndexOf(':');
        if (colon < 0 || !PathText.TryDecode(segments[^1].AsSpan(colon + 1), keepSlashes: false, out var verb))
        {
            return null;
        }
        captured = [.. segments[..^1], segments[^1][..colon]];
        return Visit(method, captured, verb, ref allowed);
    }

    Route<T>? Visit(string method, string[] segments, string? verb, ref SortedSet<string>? allowed)
    {
        // The path "/" has no segments.
        ReadOnlySpan<string> path = segments is [""] ? [] : segments;
        return _root.Find(path, method, verb, ref allowed);
    }

    static bool TryCapture(RouteTemplate template, string[] path, out string[] values)
    {
        values = template.Variables.Count == 0 ? [] : new string[template.Variables.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var variable = template.Variables[i];
            var (start, end) = (template.PathIndex(variable.Start, path.Length), template.PathIndex(variable.Start + variable.Length, path.Length));
            if (!variable.IsMulti)
            {
                if (!PathText.TryDecode(path[start], keepSlashes: false, out values[i]))
                {
                    return false;
                }
            }
            else if (!PathText.TryDecode(string.Join('/', path, start, end - start), keepSlashes: true, out values[i]))
            {
                return false;
            }
        }
        return true;
    }
}
