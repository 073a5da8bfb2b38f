using System.Text.Json;
using Google.Api;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>Schemas of messages and enums as the JSON codec reads and writes them; every named one becomes a component.</summary>
sealed class SchemaBuilder(GrpcJsonSettings settings, ProtoComments comments)
{
    const int ShownInDescription = 100;

    readonly SortedDictionary<string, JsonObject> _components = new(StringComparer.Ordinal);

    /// <summary>Whether fields without presence are written only where they hold something else than their default.</summary>
    public bool LeavesOutDefaults => settings.IgnoreDefaultValues;

    /// <summary>All components that the schemas so far refer to, by full name.</summary>
    public JsonObject Components() => new(_components.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));

    /// <summary>The schema of a message: a reference, or a well-known type's own.</summary>
    public JsonObject Message(MessageDescriptor message)
    {
        if (WellKnownSchema.Of(message) is { } known)
        {
            return known;
        }

        if (WellKnownSchema.Wrapped(message) is { } scalar)
        {
            JsonObject schema = Value(scalar);
            schema["type"] = new JsonArray(schema["type"]!.DeepClone(), "null");
            return schema;
        }

        if (!_components.ContainsKey(message.FullName))
        {
            // Registered before it is filled: a message may contain itself.
            JsonObject component = _components[message.FullName] = [];
            Fill(component, message, []);
        }

        return Reference(message.FullName);
    }

    /// <summary>The schema of a message without some of its fields, which stand elsewhere in the request.</summary>
    /// <param name="message">The message.</param>
    /// <param name="without">Field paths from the message, in .proto names.</param>
    public JsonObject MessageWithout(MessageDescriptor message, IReadOnlyCollection<string> without)
    {
        if (without.Count == 0 || WellKnownSchema.Of(message) is not null)
        {
            return Message(message);
        }

        JsonObject schema = [];
        Fill(schema, message, without);
        return schema;
    }

    /// <summary>The schema of a field: its type, what it must meet, what it means.</summary>
    public JsonObject Field(FieldDescriptor field, IReadOnlyCollection<string>? without = null)
    {
        JsonObject schema = field switch
        {
            { IsMap: true } => Map(field),
            { IsRepeated: true } => new JsonObject { ["type"] = "array", ["items"] = Value(field) },
            { FieldType: FieldType.Message } when without?.Count > 0 => MessageWithout(field.MessageType, without),
            _ => Value(field),
        };
        string? limits = FieldRuleSchema.On(field) is { } rules ? FieldRuleSchema.Apply(rules, schema) : null;
        string? others = field.RealContainingOneof is { Fields.Count: > 1 } oneof
            ? $"At most one of {string.Join(", ", oneof.Fields.Select(member => $"`{member.JsonName}`"))} may be set." : null;
        string text = string.Join(" ", new[] { comments.Of(field), limits, others }.OfType<string>());
        schema.With("description", text.OrNone()).With("deprecated", field.GetOptions()?.Deprecated == true);
        foreach (FieldBehavior behaviour in field.GetOptions()?.GetExtension(FieldBehaviorExtensions.FieldBehavior) ?? [])
        {
            _ = behaviour switch
            {
                FieldBehavior.OutputOnly => schema["readOnly"] = true,
                FieldBehavior.InputOnly => schema["writeOnly"] = true,
                _ => null,
            };
        }

        return schema;
    }

    void Fill(JsonObject schema, MessageDescriptor message, IReadOnlyCollection<string> without)
    {
        schema["type"] = "object";
        schema.With("description", comments.Of(message)).With("deprecated", message.GetOptions()?.Deprecated == true);
        JsonObject properties = [];
        JsonArray required = [];
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder().Where(field => !without.Contains(field.Name)))
        {
            string prefix = field.Name + ".";
            properties[field.JsonName] = Field(
                field, [.. without.Where(path => path.StartsWith(prefix, StringComparison.Ordinal)).Select(path => path[prefix.Length..])]);
            if (FieldRuleSchema.IsRequired(field))
            {
                required.Add((JsonNode)field.JsonName);
            }
        }

        schema.With("properties", properties).With("required", required);
        AddOneofs(schema, message, properties);
    }

    /// <summary>
    /// Two members of a oneof exclude each other. Said as "not both", which validators check and type generators skip; a list of
    /// alternatives would say the same and spoil the generated types.
    /// </summary>
    static void AddOneofs(JsonObject schema, MessageDescriptor message, JsonObject properties)
    {
        JsonArray pairs = [];
        foreach (OneofDescriptor oneof in message.Oneofs.Where(oneof => !oneof.IsSynthetic))
        {
            string[] names = [.. oneof.Fields.Select(field => field.JsonName).Where(properties.ContainsKey)];
            for (int i = 0; i < names.Length; i++)
            {
                for (int j = i + 1; j < names.Length; j++)
                {
                    pairs.Add((JsonNode)new JsonObject { ["required"] = new JsonArray(names[i], names[j]) });
                }
            }
        }

        schema.With("not", pairs.Count > 1 ? new JsonObject { ["anyOf"] = pairs } : pairs.SingleOrDefault()?.DeepClone());
    }

    JsonObject Map(FieldDescriptor field)
    {
        FieldDescriptor key = field.MessageType.FindFieldByNumber(1);
        string? keys = key.FieldType switch
        {
            FieldType.String => null,
            FieldType.Bool => "^(true|false)$",
            FieldType.UInt32 or FieldType.Fixed32 or FieldType.UInt64 or FieldType.Fixed64 => "^[0-9]+$",
            _ => "^-?[0-9]+$",
        };
        return new JsonObject { ["type"] = "object", ["additionalProperties"] = Value(field.MessageType.FindFieldByNumber(2)) }
            .With("propertyNames", keys is null ? null : new JsonObject { ["pattern"] = keys });
    }

    /// <summary>One value of the field's type, whether the field is a list or not.</summary>
    JsonObject Value(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message or FieldType.Group => Message(field.MessageType),
        FieldType.Enum => Enum(field.EnumType),
        FieldType.Bool => new JsonObject { ["type"] = "boolean" },
        FieldType.String => new JsonObject { ["type"] = "string" },
        FieldType.Bytes => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
        FieldType.Double => new JsonObject { ["type"] = "number", ["format"] = "double" },
        FieldType.Float => new JsonObject { ["type"] = "number", ["format"] = "float" },
        FieldType.UInt32 or FieldType.Fixed32 => new JsonObject { ["type"] = "integer", ["format"] = "uint32", ["minimum"] = 0, ["maximum"] = uint.MaxValue },
        FieldType.UInt64 or FieldType.Fixed64 => Integer64("uint64", "^[0-9]+$"),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Integer64("int64", "^-?[0-9]+$"),
        _ => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
    };

    JsonObject Integer64(string format, string pattern) => settings.WriteInt64sAsStrings
        ? new JsonObject { ["type"] = "string", ["format"] = format, ["pattern"] = pattern }
        : new JsonObject { ["type"] = "integer", ["format"] = format };

    JsonObject Enum(EnumDescriptor type)
    {
        if (type.FullName == "google.protobuf.NullValue")
        {
            return new JsonObject { ["type"] = "null" };
        }

        if (!_components.ContainsKey(type.FullName))
        {
            _components[type.FullName] = EnumComponent(type);
        }

        return Reference(type.FullName);
    }

    JsonObject EnumComponent(EnumDescriptor type)
    {
        // Aliases read as the first name of their number, which is the one that is written.
        List<EnumValueDescriptor> values = [.. type.Values.DistinctBy(value => value.Number)];
        EnumShape shape = new(type, settings);
        JsonNode[] names = [.. values.Select(value => (JsonNode)(shape.TryGetName(value.Number, out JsonEncodedText name) ? name.ToString() : value.Name))];
        string[] texts = [.. values.Select(TextOf)];
        JsonObject schema = settings.WriteEnumsAsIntegers
            ? new() { ["type"] = "integer", ["format"] = "int32", ["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value.Number)]) }
            : new() { ["type"] = "string", ["enum"] = new JsonArray(names) };
        string list = string.Concat(texts.Take(ShownInDescription).Select((text, i) => text.Length > 0 ? $"\n- `{names[i]}`: {text.ReplaceLineEndings(" ")}" : ""));
        string description = $"{comments.Of(type)}{(list.Length > 0 ? "\n" : "")}{list}".Trim();
        return schema
            .With("description", description.OrNone())
            .With("deprecated", type.GetOptions()?.Deprecated == true)
            .With("x-enum-varnames", settings.WriteEnumsAsIntegers ? new JsonArray([.. names.Select(name => name.DeepClone())]) : null)
            .With("x-enum-descriptions", list.Length > 0 ? new JsonArray([.. texts.Select(text => (JsonNode)text)]) : null);
    }

    string TextOf(EnumValueDescriptor value)
    {
        string text = comments.Of(value) ?? "";
        return value.GetOptions()?.Deprecated == true ? $"Deprecated. {text}".TrimEnd() : text;
    }

    static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };
}
