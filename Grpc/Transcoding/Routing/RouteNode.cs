namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>A node of the tree of templates: the templates that share the segments down to here.</summary>
sealed class RouteNode<T>
{
    readonly Dictionary<string, RouteNode<T>> _literals = new(StringComparer.Ordinal);
    readonly List<Route<T>> _ends = [];
    RouteNode<T>? _single;
    RouteNode<T>? _multi;

    /// <returns>The route that was there before and matches the same requests, or null.</returns>
    public Route<T>? Add(Route<T> route, int depth)
    {
        if (depth == route.Template.Segments.Count)
        {
            var equal = _ends.Find(end => end.Method == route.Method && end.Template.Verb == route.Template.Verb);
            _ends.Add(route);
            return equal;
        }
        var segment = route.Template.Segments[depth];
        var next = segment.Kind switch
        {
            SegmentKind.Literal => _literals.TryGetValue(segment.Text, out var known) ? known : _literals[segment.Text] = new(),
            SegmentKind.Single => _single ??= new(),
            _ => _multi ??= new(),
        };
        return next.Add(route, depth + 1);
    }

    /// <summary>Finds the best route for the rest of a path. Methods of routes that fit but for theirs go to <paramref name="allowed"/>.</summary>
    public Route<T>? Find(ReadOnlySpan<string> path, string method, string? verb, ref SortedSet<string>? allowed)
    {
        if (path.IsEmpty && FindEnd(method, verb, ref allowed) is { } end)
        {
            return end;
        }
        if (!path.IsEmpty && FindLiteral(path[0])?.Find(path[1..], method, verb, ref allowed) is { } literal)
        {
            return literal;
        }
        if (!path.IsEmpty && path[0].Length > 0 && _single?.Find(path[1..], method, verb, ref allowed) is { } single)
        {
            return single;
        }
        return _multi is null ? null : FindBehind(_multi, path, method, verb, ref allowed);
    }

    RouteNode<T>? FindLiteral(string segment) =>
        _literals.Count > 0 && PathText.TryDecode(segment, keepSlashes: false, out var text) ? _literals.GetValueOrDefault(text) : null;

    // A template has one ** at most: below it, how much it took is settled by what has to follow.
    static Route<T>? FindBehind(RouteNode<T> multi, ReadOnlySpan<string> path, string method, string? verb, ref SortedSet<string>? allowed)
    {
        for (var taken = 0; ; taken++)
        {
            if (multi.Find(path[taken..], method, verb, ref allowed) is { } route)
            {
                return route;
            }
            if (taken == path.Length || path[taken].Length == 0)
            {
                return null;
            }
        }
    }

    Route<T>? FindEnd(string method, string? verb, ref SortedSet<string>? allowed)
    {
        Route<T>? any = null;
        foreach (var route in _ends)
        {
            if (route.Template.Verb != verb)
            {
                continue;
            }
            if (route.Method == method)
            {
                return route;
            }
            if (route.Method == "*")
            {
                any ??= route;
            }
            else
            {
                (allowed ??= new(StringComparer.Ordinal)).Add(route.Method);
            }
        }
        return any;
    }
}
