using System.Text.RegularExpressions;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>The names of an enum's values, both ways.</summary>
sealed partial class EnumShape
{
    const int NamedInMessages = 20;

    readonly Utf8Names<int> _numbers;
    readonly Dictionary<int, JsonEncodedText> _names = [];

    public EnumShape(EnumDescriptor descriptor, GrpcJsonSettings settings)
    {
        IsNull = descriptor.FullName == "google.protobuf.NullValue";
        var prefix = settings.RemoveEnumPrefix ? UpperSnake(descriptor.Name) + "_" : "";
        var numbers = new List<(byte[], int)>();
        foreach (var value in descriptor.Values)
        {
            var name = WithoutPrefix(value.Name, prefix);
            numbers.Add((Encoding.UTF8.GetBytes(name), value.Number));
            numbers.Add((Encoding.UTF8.GetBytes(value.Name), value.Number));
            _names.TryAdd(value.Number, JsonEncodedText.Encode(name));
        }
        _numbers = new(numbers);
        var shown = descriptor.Values.Take(NamedInMessages).Select(value => WithoutPrefix(value.Name, prefix));
        Expectation = "must be one of " + string.Join(", ", shown) + (descriptor.Values.Count > NamedInMessages ? ", …" : "");
    }

    /// <summary>Whether this is google.protobuf.NullValue, whose JSON is null.</summary>
    public bool IsNull { get; }

    public string Expectation { get; }

    public bool TryGetNumber(ReadOnlySpan<byte> name, out int number) => _numbers.TryGet(name, out number);

    public bool TryGetName(int number, out JsonEncodedText name) => _names.TryGetValue(number, out name);

    // A value that is only its prefix, or would start with a digit, keeps its whole name.
    static string WithoutPrefix(string name, string prefix) =>
        prefix.Length > 0 && name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal) && !char.IsAsciiDigit(name[prefix.Length])
            ? name[prefix.Length..]
            : name;

    // An underscore before each word: FileState is FILE_STATE, HTTPCode2X is HTTP_CODE2_X.
    static string UpperSnake(string name) => WordStart().Replace(name, "_").ToUpperInvariant();

    [GeneratedRegex("(?<=[^A-Z_])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", RegexOptions.CultureInvariant)]
    private static partial Regex WordStart();
}
