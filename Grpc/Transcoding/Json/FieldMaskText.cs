using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>Field masks: comma-separated lowerCamelCase paths in JSON, snake_case paths in the message.</summary>
static class FieldMaskText
{
    public static bool TryParse(string text, FieldMask mask)
    {
        if (text.Length == 0)
        {
            return true;
        }
        foreach (var part in text.AsSpan().Split(','))
        {
            var path = text.AsSpan()[part];
            // An underscore would not come back: foo_bar is written fooBar.
            if (path.IsEmpty || path.Contains('_'))
            {
                return false;
            }
            mask.Paths.Add(ToSnake(path));
        }
        return true;
    }

    /// <summary>False for a path that JSON could not bring back, such as one with an upper-case letter.</summary>
    public static bool TryFormat(FieldMask mask, out string text)
    {
        var camel = new StringBuilder();
        text = "";
        foreach (var path in mask.Paths)
        {
            if (camel.Length > 0)
            {
                camel.Append(',');
            }
            if (path.Length == 0 || !TryAppendCamel(camel, path))
            {
                return false;
            }
        }
        text = camel.ToString();
        return true;
    }

    static string ToSnake(ReadOnlySpan<char> path)
    {
        var snake = new StringBuilder(path.Length + 4);
        foreach (var letter in path)
        {
            if (char.IsAsciiLetterUpper(letter))
            {
                snake.Append('_').Append(char.ToLowerInvariant(letter));
            }
            else
            {
                snake.Append(letter);
            }
        }
        return snake.ToString();
    }

    static bool TryAppendCamel(StringBuilder camel, string path)
    {
        for (var i = 0; i < path.Length; i++)
        {
            var letter = path[i];
            if (letter == '_')
            {
                i++;
                if (i == path.Length || !char.IsAsciiLetterLower(path[i]))
                {
                    return false;
                }
                letter = char.ToUpperInvariant(path[i]);
            }
            else if (char.IsAsciiLetterUpper(letter) || letter == ',')
            {
                return false;
            }
            camel.Append(letter);
        }
        return true;
    }
}
