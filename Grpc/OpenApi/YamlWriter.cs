using System.Buffers;
using System.Text.Json;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>
/// Writes JSON as block YAML 1.2. A text stands plain only if no reader, of 1.1 or 1.2, could take it for anything else; several lines
/// become a literal block; whatever is left is quoted as in JSON, which YAML reads the same.
/// </summary>
static class YamlWriter
{
    static readonly SearchValues<char> s_plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./$-");

    static readonly HashSet<string> s_reserved = new(StringComparer.OrdinalIgnoreCase) { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };

    public static string Write(JsonNode document)
    {
        StringBuilder text = new();
        Block(text, document, 0);
        return text.ToString();
    }

    static void Block(StringBuilder text, JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                foreach ((string key, JsonNode? value) in map)
                {
                    Entry(text, value, depth, Scalar(key) + ":");
                }

                break;
            case JsonArray { Count: > 0 } list:
                foreach (JsonNode? value in list)
                {
                    Item(text, value, depth);
                }

                break;
            default:
                text.Append(Inline(node)).Append('\n');
                break;
        }
    }

    /// <summary>An item that is a block starts beside its dash, which takes a place of the block's indentation.</summary>
    static void Item(StringBuilder text, JsonNode? value, int depth)
    {
        int start = text.Length;
        if (value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            Block(text, value, depth + 1);
            text[start + (depth * 2)] = '-';
        }
        else
        {
            Entry(text, value, depth, "-");
        }
    }

    static void Entry(StringBuilder text, JsonNode? value, int depth, string head)
    {
        text.Append(' ', depth * 2).Append(head);
        if (value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            text.Append('\n');
            Block(text, value, depth + 1);
        }
        else if (value?.GetValueKind() == JsonValueKind.String && IsLiteral((string)value!))
        {
            text.Append(" |-\n");
            foreach (string line in ((string)value!).Split('\n'))
            {
                text.Append(' ', line.Length == 0 ? 0 : (depth + 1) * 2).Append(line).Append('\n');
            }
        }
        else
        {
            text.Append(' ').Append(Inline(value)).Append('\n');
        }
    }

    static string Inline(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        _ when node.GetValueKind() == JsonValueKind.String => Scalar((string)node!),
        _ => node.ToJsonString(),
    };

    static string Scalar(string value)
    {
        bool plain = value.Length > 0 && (char.IsAsciiLetter(value[0]) || value[0] is '/' or '$')
            && !value.AsSpan().ContainsAnyExcept(s_plain) && !s_reserved.Contains(value);
        return plain ? value : JsonValue.Create(value).ToJsonString(OpenApiJson.Options);
    }

    /// <summary>Several lines whose spaces and characters a literal block keeps as they are.</summary>
    static bool IsLiteral(string value) =>
        value.Contains('\n', StringComparison.Ordinal) && value[0] is not (' ' or '\n') && value[^1] != '\n'
        && !value.Any(c => (char.IsControl(c) && c != '\n') || c is '\u2028' or '\u2029' or '\uFEFF' || char.IsSurrogate(c))
        && value.Split('\n').All(line => line.Length == 0 || !string.IsNullOrWhiteSpace(line));
}
