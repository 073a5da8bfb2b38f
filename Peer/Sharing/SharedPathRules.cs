using System.Text;

namespace P2P.Peers.Sharing;

/// <summary>What a shared path may look like: `label/relative/path`, as the contract's FileEntry says.</summary>
static class SharedPathRules
{
    const int MaxComponentBytes = 255;
    const int MaxPathBytes = 4096;

    /// <summary>Whether every directory takes the path.</summary>
    public static bool IsPath(string path) =>
        Encoding.UTF8.GetByteCount(path) <= MaxPathBytes && path.Split('/').All(component => IsComponent(component));

    /// <summary>Whether a name may be one component of a path.</summary>
    public static bool IsComponent(string name) =>
        name is not ("" or "." or "..")
        && !name.Any(character => char.IsControl(character) || character is '/' or '\u2028' or '\u2029')
        && IsWellFormed(name)
        && Encoding.UTF8.GetByteCount(name) <= MaxComponentBytes;

    // A lone surrogate has no UTF-8 form.
    static bool IsWellFormed(string name)
    {
        for (var rest = name.AsSpan(); rest.Length > 0;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var taken) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            rest = rest[taken..];
        }

        return true;
    }
}
