using System.Text;

namespace P2P.Content;

/// <summary>
/// The path under which a peer shares a file: <c>label/relative/path</c>. It names a file to people and to the directory;
/// it is never joined to a folder as it is (<see cref="ToLocal"/>).
/// </summary>
public sealed record SharedPath
{
    /// <summary>Bytes of UTF-8 of a whole path.</summary>
    public const int MaxBytes = 4096;

    /// <summary>The label under which a peer publishes what it has a part of only: downloads under way.</summary>
    public const string PartialLabel = ".partial";

    /// <summary>
    /// The base name under which a peer publishes a folder that has nothing in it, as a file of no bytes with the folder's time. Nobody's
    /// file is shared under this name.
    /// </summary>
    public const string EmptyFolderName = ".p2p-empty-folder";

    readonly string[] _components;

    SharedPath(string text) => _components = (Text = text).Split('/');

    public string Text { get; }

    public IReadOnlyList<string> Components => _components;

    /// <summary>The first component: the name of the shared folder.</summary>
    public string Label => _components[0];

    /// <summary>The last component: the name of the file.</summary>
    public string BaseName => _components[^1];

    /// <summary>Whether a path stands for a part only.</summary>
    public static bool IsPartial(string path) => path.StartsWith(PartialLabel + "/", StringComparison.Ordinal);

    /// <summary>Whether a path stands for an empty folder, the one before its last component.</summary>
    public static bool IsEmptyFolder(string path) => path.EndsWith("/" + EmptyFolderName, StringComparison.Ordinal);

    /// <summary>The last component of a text that need not be a good path.</summary>
    public static string BaseNameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>What is wrong with a path, as a sentence that quotes nothing of it; null if nothing is.</summary>
    public static string? Problem(string path)
    {
        if (path.Length == 0)
            return "The path is empty.";
        // Every UTF-16 unit has at least one byte, so that an endless text is not even counted.
        if (path.Length > MaxBytes || Encoding.UTF8.GetByteCount(path) > MaxBytes)
            return "The path is longer than 4096 bytes of UTF-8.";
        bool isPlain = !path.AsSpan().ContainsAnyExceptInRange(' ', '~');
        foreach (Range component in path.AsSpan().Split('/'))
        {
            if (ComponentProblem(path.AsSpan()[component], isPlain) is { } problem)
                return problem;
        }

        return null;
    }

    public static bool TryParse(string text, out SharedPath? path)
    {
        path = Problem(text) is null ? new SharedPath(text) : null;
        return path is not null;
    }

    /// <summary>The path for this machine's disk: each component through <see cref="NameSanitizer"/>, below a folder.</summary>
    public string ToLocal(string folder) => Path.Combine([folder, .. _components.Select(NameSanitizer.Sanitize)]);

    public override string ToString() => Text;

    /// <param name="component">The component.</param>
    /// <param name="isPlain">It has printable ASCII only, so that no letter of it has to be looked at.</param>
    static string? ComponentProblem(ReadOnlySpan<char> component, bool isPlain)
    {
        if (component.Length == 0)
            return "The path has an empty component.";
        if (component is "." or "..")
            return "The path has a component . or ..";
        if (component.Length > NameSanitizer.MaxBytes || Encoding.UTF8.GetByteCount(component) > NameSanitizer.MaxBytes)
            return "The path has a component longer than 255 bytes of UTF-8.";
        if (isPlain)
            return null;
        foreach (Rune rune in component.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029)
                return "The path has a control character.";
            if (rune == Rune.ReplacementChar)
                return "The path is not well-formed Unicode.";
        }

        return null;
    }

    public bool Equals(SharedPath? other) => other is not null && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
