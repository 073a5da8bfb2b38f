using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Sets fields from query parameters: those that neither the path nor the body sets.</summary>
sealed class QueryBinder(HttpBinding binding, GrpcJsonTranscodingOptions options)
{
    /// <param name="query">As it came, with its question mark.</param>
    /// <param name="target">The request.</param>
    /// <param name="violations">Takes what is wrong.</param>
    public void Bind(string? query, IMessage target, List<BadRequest.Types.FieldViolation> violations)
    {
        if (query is not { Length: > 1 })
        {
            return;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var range in query.AsSpan(1).Split('&'))
        {
            var pair = query.AsSpan(1)[range];
            if (pair.IsEmpty)
            {
                continue;
            }
            var equals = pair.IndexOf('=');
            var rawName = equals < 0 ? pair : pair[..equals];
            var rawValue = equals < 0 ? [] : pair[(equals + 1)..];
            if (!TryDecode(rawName, out var name) || !TryDecode(rawValue, out var value))
            {
                violations.Add(new() { Field = rawName.ToString(), Description = "is not percent-encoded UTF-8" });
            }
            else if (Set(name, value, target, seen) is { } problem)
            {
                violations.Add(new() { Field = name, Description = problem });
            }
        }
    }

    string? Set(string name, string value, IMessage target, HashSet<string> seen)
    {
        if (binding.BodyIsWhole)
        {
            return Unread("is not read from the query: the body is the whole message");
        }
        switch (FieldPath.TryResolve(binding.Request, name, options.MaxDepth, out var path))
        {
            case FieldPathProblem.Unknown:
                return Unread("is not a field of this request");
            case FieldPathProblem.TooDeep:
                return "is nested too deep";
            case FieldPathProblem.NotText:
                return "cannot be given in the query";
        }
        if (path.First == binding.BodyField)
        {
            return Unread("is not read from the query: the body gives it");
        }
        if (Array.Exists(binding.Variables, variable => variable.Name == path.Name))
        {
            return Unread("is not read from the query: the path gives it");
        }
        return seen.Add(path.Name) || path.IsList ? path.Set(target, value) : "is given more than once";
    }

    string? Unread(string problem) => options.RejectUnknownQueryParameters ? problem : null;

    // A plus sign is a space in a query, and nowhere else.
    static bool TryDecode(ReadOnlySpan<char> text, out string decoded) =>
        text.Contains('+')
            ? PathText.TryDecode(text.ToString().Replace('+', ' '), keepSlashes: false, out decoded)
            : PathText.TryDecode(text, keepSlashes: false, out decoded);
}
