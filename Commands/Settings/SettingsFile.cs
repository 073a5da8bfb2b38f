using System.Text.Json;

namespace P2P.Commands;

/// <summary>
/// The settings file: one JSON object of strings, numbers and booleans, and lists of strings where an option may be given several times;
/// comments and a last comma are allowed. A member that
/// no command knows is refused, for it is most likely a misspelt one.
/// </summary>
public sealed class SettingsFile
{
    /// <summary>The members that may appear.</summary>
    public static IReadOnlyList<string> Known { get; } =
        [
            "directory", "directoryPrint", "allowPlaintext", "user", "password", "passwordFile", "data", "port", "accept", "advertise", "name",
            "uploadSlots", "downloads",
        ];

    /// <summary>Those of which there may be a list.</summary>
    static readonly IReadOnlyList<string> Lists = ["accept"];

    static readonly JsonDocumentOptions Options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    readonly Dictionary<string, IReadOnlyList<string>> _lists = new(StringComparer.Ordinal);

    SettingsFile()
    {
    }

    public static SettingsFile None { get; } = new();

    /// <param name="path">The file.</param>
    /// <param name="required">The user named it: its absence is an error.</param>
    /// <exception cref="SettingsException">It cannot be read, or holds what is no setting.</exception>
    public static SettingsFile Read(string path, bool required)
    {
        try
        {
            return !required && !File.Exists(path) ? None : Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"The settings file {path} cannot be read: {e.Message}", e);
        }
    }

    /// <exception cref="SettingsException">It holds what is no setting.</exception>
    public static SettingsFile Parse(string json, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new SettingsException($"The settings file {path} must hold one JSON object.");
            SettingsFile file = new();
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
                file.Add(member, path);
            return file;
        }
        catch (JsonException e)
        {
            throw new SettingsException($"The settings file {path} is no JSON: {e.Message}", e);
        }
    }

    /// <param name="name">As on the command line: <c>password-file</c>.</param>
    public string? Find(string name) => _values.GetValueOrDefault(MemberOf(name));

    /// <summary>What was given as a list; null where it was not.</summary>
    public IReadOnlyList<string>? FindList(string name) => _lists.GetValueOrDefault(MemberOf(name));

    void Add(JsonProperty member, string path)
    {
        string name = KnownName(member.Name, path);
        if (member.Value.ValueKind != JsonValueKind.Array || !Lists.Contains(name))
        {
            _values[name] = TextOf(member, path);
            return;
        }

        if (member.Value.EnumerateArray().Any(element => element.ValueKind != JsonValueKind.String))
            throw new SettingsException($"In the settings file {path}, '{name}' must be a string, or a list of strings.");
        _lists[name] = [.. member.Value.EnumerateArray().Select(element => element.GetString()!)];
    }

    static string MemberOf(string name) => JsonNamingPolicy.CamelCase.ConvertName(Pascal(name));

    static string KnownName(string name, string path) => Known.Contains(name)
        ? name
        : throw new SettingsException($"The settings file {path} has '{name}'; known are {string.Join(", ", Known)}.");

    static string TextOf(JsonProperty member, string path) => member.Value.ValueKind switch
    {
        JsonValueKind.String => member.Value.GetString()!,
        JsonValueKind.Number => member.Value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new SettingsException($"In the settings file {path}, '{member.Name}' must be a string, a number, true or false."),
    };

    static string Pascal(string name) =>
        string.Concat(name.Split('-').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}
