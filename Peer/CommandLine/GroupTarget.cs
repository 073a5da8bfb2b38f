using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.CommandLine;

/// <summary>One <c>--to</c> of <c>share</c>.</summary>
/// <param name="Label">Of which folder; null for all.</param>
/// <param name="Group">For which group.</param>
readonly record struct GroupTarget(string? Label, string Group)
{
    /// <summary>Folders that one message of the contract says it for.</summary>
    public const int MostFolders = 100;

    const string Prefix = "group:";
    const int MostBytes = 64;

    /// <summary>Reads <c>group:NAME</c> or <c>LABEL=group:NAME</c>; null if it is neither.</summary>
    public static GroupTarget? TryParse(string text)
    {
        var at = text.StartsWith(Prefix, StringComparison.Ordinal) ? 0 : text.LastIndexOf("=" + Prefix, StringComparison.Ordinal) + 1;
        var group = text.AsSpan(at).StartsWith(Prefix) ? text[(at + Prefix.Length)..] : "";
        return group.Length > 0 && System.Text.Encoding.UTF8.GetByteCount(group) <= MostBytes && at != 1
            ? new GroupTarget(at == 0 ? null : text[..(at - 1)], group)
            : null;
    }

    /// <summary>What to tell the directory: of every folder, or of none where all are for all.</summary>
    public static IReadOnlyList<ShareAccess> Access(IReadOnlyList<GroupTarget> targets, IEnumerable<string> labels) => targets.Count == 0
        ? []
        :
        [
            .. labels.Select(label => new ShareAccess
            {
                Label = label,
                Groups = { targets.Where(target => target.Label is null || target.Label == label).Select(target => target.Group).Distinct() },
            }),
        ];
}
