using System.Globalization;
using Buf.Validate;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>
/// The rules that a server checks (<c>buf.validate</c>), as the schema keywords that mean the same. What JSON Schema cannot say (bytes of
/// UTF-8, bounds of 64-bit integers that travel as strings) becomes a sentence of the description.
/// </summary>
static class FieldRuleSchema
{
    public static FieldRules? On(FieldDescriptor field) => field.GetOptions()?.GetExtension(ValidateExtensions.Field);

    /// <summary>Whether a request without the field is refused.</summary>
    public static bool IsRequired(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(Google.Api.FieldBehaviorExtensions.FieldBehavior)?.Contains(Google.Api.FieldBehavior.Required) == true
        || On(field) is { Required: true };

    /// <summary>Adds keywords to the schema of a value; gives the sentence for the rest, or null.</summary>
    public static string? Apply(FieldRules rules, JsonObject schema) => rules.TypeCase switch
    {
        FieldRules.TypeOneofCase.String => Text(rules.String, schema),
        FieldRules.TypeOneofCase.Bytes => Bytes(rules.Bytes, schema),
        FieldRules.TypeOneofCase.Repeated => List(rules.Repeated, schema),
        FieldRules.TypeOneofCase.Int32 => Number(schema, rules.Int32.HasGt ? rules.Int32.Gt : null, rules.Int32.HasGte ? rules.Int32.Gte : null,
            rules.Int32.HasLt ? rules.Int32.Lt : null, rules.Int32.HasLte ? rules.Int32.Lte : null, [.. rules.Int32.In]),
        FieldRules.TypeOneofCase.Int64 => Number(schema, rules.Int64.HasGt ? rules.Int64.Gt : null, rules.Int64.HasGte ? rules.Int64.Gte : null,
            rules.Int64.HasLt ? rules.Int64.Lt : null, rules.Int64.HasLte ? rules.Int64.Lte : null, [.. rules.Int64.In]),
        FieldRules.TypeOneofCase.Uint32 => Number(schema, rules.Uint32.HasGt ? rules.Uint32.Gt : null, rules.Uint32.HasGte ? rules.Uint32.Gte : null,
            rules.Uint32.HasLt ? rules.Uint32.Lt : null, rules.Uint32.HasLte ? rules.Uint32.Lte : null, [.. rules.Uint32.In]),
        FieldRules.TypeOneofCase.Uint64 => Number(schema, rules.Uint64.HasGt ? rules.Uint64.Gt : null, rules.Uint64.HasGte ? rules.Uint64.Gte : null,
            rules.Uint64.HasLt ? rules.Uint64.Lt : null, rules.Uint64.HasLte ? rules.Uint64.Lte : null, [.. rules.Uint64.In.Select(n => (decimal)n)]),
        _ => null,
    };

    static string? Text(StringRules rules, JsonObject schema)
    {
        schema.With("minLength", rules.HasLen ? rules.Len : rules.HasMinLen ? rules.MinLen : null)
            // A character is a byte at least, so a bound in bytes bounds the characters too.
            .With("maxLength", rules.HasLen ? rules.Len : rules.HasMaxLen ? rules.MaxLen : rules.HasMaxBytes ? rules.MaxBytes : null)
            .With("pattern", rules.HasPattern ? rules.Pattern : null)
            .With("enum", new JsonArray([.. rules.In.Select(value => (JsonNode)value)]));
        return (rules.HasMinBytes, rules.HasMaxBytes) switch
        {
            (true, true) => $"{rules.MinBytes} to {rules.MaxBytes} bytes of UTF-8.",
            (true, false) => $"At least {rules.MinBytes} bytes of UTF-8.",
            (false, true) => $"At most {rules.MaxBytes} bytes of UTF-8.",
            _ => null,
        };
    }

    static string? Bytes(BytesRules rules, JsonObject schema)
    {
        ulong? low = rules.HasLen ? rules.Len : rules.HasMinLen ? rules.MinLen : null;
        ulong? high = rules.HasLen ? rules.Len : rules.HasMaxLen ? rules.MaxLen : null;
        // Padding may be left out on input, so the shortest text has none, and the longest has all.
        schema.With("minLength", ((low * 4) + 2) / 3).With("maxLength", (high + 2) / 3 * 4);
        return (low, high) switch
        {
            (null, null) => null,
            ({ } l, { } h) when l == h => $"Exactly {h} bytes.",
            (null or 0, { } h) => $"At most {h} bytes.",
            ({ } l, null) => $"At least {l} bytes.",
            ({ } l, { } h) => $"{l} to {h} bytes.",
        };
    }

    static string? List(RepeatedRules rules, JsonObject schema)
    {
        schema.With("minItems", rules.HasMinItems ? rules.MinItems : null)
            .With("maxItems", rules.HasMaxItems ? rules.MaxItems : null)
            .With("uniqueItems", rules.Unique);
        return rules.Items is { } items && schema["items"] is JsonObject item && Apply(items, item) is { } sentence ? $"Each: {sentence}" : null;
    }

    static string? Number(JsonObject schema, decimal? above, decimal? least, decimal? below, decimal? most, List<decimal> choices)
    {
        bool inverted = (above ?? least) > (below ?? most);
        if ((string?)schema["type"] == "integer" && !inverted)
        {
            schema.With("exclusiveMinimum", above).With("minimum", least).With("exclusiveMaximum", below).With("maximum", most)
                .With("enum", new JsonArray([.. choices.Select(value => (JsonNode)value)]));
            return null;
        }

        string?[] bounds = [Bound("more than", above), Bound("at least", least), Bound("less than", below), Bound("at most", most)];
        string text = string.Join(inverted ? " or " : " and ", bounds.OfType<string>());
        string list = choices.Count > 0 ? $"one of {string.Join(", ", choices)}" : "";
        text += text.Length > 0 && list.Length > 0 ? $" and {list}" : list;
        return text.Length == 0 ? null : $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
    }

    static string? Bound(string words, decimal? value) => value is null ? null : string.Create(CultureInfo.InvariantCulture, $"{words} {value}");
}
