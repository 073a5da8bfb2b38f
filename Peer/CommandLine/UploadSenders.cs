using System.Collections.Frozen;

namespace P2P.Peers.CommandLine;

/// <summary>Reads <c>--accept</c> of <c>share</c>.</summary>
static class UploadSenders
{
    const string Anyone = "any";
    const string Prefix = "from:";

    /// <param name="accept">One or more of <c>any</c> or <c>from:USER</c>, and not both kinds.</param>
    /// <param name="wrong">Makes the failure for one that is neither.</param>
    /// <returns>The accounts; null for anyone.</returns>
    public static IReadOnlySet<string>? Parse(IReadOnlyList<string> accept, Func<string, CommandException> wrong)
    {
        if (accept.All(text => text == Anyone))
        {
            return null;
        }

        return accept.FirstOrDefault(text => !text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length == Prefix.Length) is { } other
            ? throw wrong(other)
            : accept.Select(text => text[Prefix.Length..]).ToFrozenSet(StringComparer.Ordinal);
    }
}
