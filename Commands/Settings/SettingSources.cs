using System.Globalization;

namespace P2P.Commands;

/// <summary>
/// Settings beside the command line: the environment variable first, then the file. The setting <c>password-file</c> is the
/// variable <c>P2P_PASSWORD_FILE</c> and the file's member <c>passwordFile</c>. An empty variable counts as unset.
/// </summary>
public sealed class SettingSources(IReadOnlyDictionary<string, string> environment, SettingsFile file)
{
    public string? Find(string name) =>
        environment.GetValueOrDefault(VariableOf(name)) is { Length: > 0 } value ? value : file.Find(name);

    /// <summary>
    /// What an option may be given several times for: the parts of the variable between commas; else the file's list, or its text as the variable.
    /// Empty where it is not set.
    /// </summary>
    public IReadOnlyList<string> FindList(string name) =>
        (environment.GetValueOrDefault(VariableOf(name)) is { Length: > 0 } ? null : file.FindList(name))
            ?? Find(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <exception cref="SettingsException">It is neither true nor false.</exception>
    public bool? FindFlag(string name) => Find(name) switch
    {
        null => null,
        "1" or "true" or "yes" => true,
        "0" or "false" or "no" => false,
        string other => throw Wrong(name, other, "true or false"),
    };

    /// <exception cref="SettingsException">It is no whole number within the bounds.</exception>
    public int? FindNumber(string name, int least, int most)
    {
        if (Find(name) is not { } text)
            return null;
        bool read = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number);
        return read && number >= least && number <= most ? number : throw Wrong(name, text, $"a whole number from {least} to {most}");
    }

    /// <summary>The environment variable of a setting.</summary>
    public static string VariableOf(string name) => "P2P_" + name.Replace('-', '_').ToUpperInvariant();

    static SettingsException Wrong(string name, string value, string wanted) =>
        new($"The setting '{name}' ({VariableOf(name)}) is '{value}', but must be {wanted}.");
}
