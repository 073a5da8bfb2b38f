using System.Collections;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>
/// Reads one proto3 JSON text into a message. Every Read… method starts on the first token of a value and ends on its last. A wrong
/// value is noted and skipped, so that all violations of a text come back at once; only broken JSON (JsonException) ends the reading.
/// </summary>
sealed class JsonMessageReader(JsonCodec codec, JsonProblems problems)
{
    readonly WellKnownReader _wellKnown = new(codec, problems);

    /// <summary>The whole text is a message, or the value of one field of it.</summary>
    public void ReadDocument(ref Utf8JsonReader json, IMessage target, FieldShape? field)
    {
        json.Read();
        if (field is null)
        {
            ReadMessage(ref json, target, codec.Shapes.For(target.Descriptor));
        }
        else
        {
            ReadField(ref json, target, field);
        }
        // With anything but white space after the value this throws.
        json.Read();
    }

    internal void ReadMessage(ref Utf8JsonReader json, IMessage target, MessageShape shape)
    {
        switch (shape.Kind)
        {
            case MessageKind.Plain:
                ReadPlain(ref json, target, shape, inAny: false);
                break;
            case MessageKind.Wrapper or MessageKind.Struct or MessageKind.ListValue:
                ReadField(ref json, target, shape.Fields[0]);
                break;
            default:
                _wellKnown.Read(ref json, this, target, shape.Kind);
                break;
        }
    }

    /// <summary>Reads an object's fields. Within an Any its "@type" is not one of them.</summary>
    internal void ReadPlain(ref Utf8JsonReader json, IMessage target, MessageShape shape, bool inAny)
    {
        if (!Expect(ref json, JsonTokenType.StartObject, ScalarText.Expectation(MessageKind.Plain)))
        {
            return;
        }
        Span<ulong> seen = stackalloc ulong[(shape.Fields.Length >> 6) + 1];
        Span<ulong> seenOneofs = stackalloc ulong[(shape.OneofCount >> 6) + 1];
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var field = FindField(ref json, shape, out var isType);
            if (field is null)
            {
                SkipUnknown(ref json, ignored: inAny && isType);
                continue;
            }
            if (!Mark(seen, field.Index))
            {
                Refuse(ref json, "is given more than once");
                continue;
            }
            json.Read();
            if (json.TokenType == JsonTokenType.Null && !(field.TakesNull && !field.IsRepeated))
            {
                continue;
            }
            if (field.Oneof >= 0 && !Mark(seenOneofs, field.Oneof))
            {
                Refuse(ref json, $"another member of the oneof {field.Field.RealContainingOneof.Name} is given too");
                continue;
            }
            ReadField(ref json, target, field);
        }
    }

    void ReadField(ref Utf8JsonReader json, IMessage target, FieldShape field)
    {
        if (field.IsMap)
        {
            ReadMap(ref json, (IDictionary)field.Accessor.GetValue(target), field);
        }
        else if (field.IsRepeated)
        {
            ReadList(ref json, (IList)field.Accessor.GetValue(target), field);
        }
        else if (json.TokenType == JsonTokenType.Null && !field.TakesNull)
        {
            Refuse(ref json, ScalarText.Expectation(field));
        }
        else if (TryReadValue(ref json, field, out var value))
        {
            field.Accessor.SetValue(target, value);
        }
    }

    void ReadList(ref Utf8JsonReader json, IList list, FieldShape field)
    {
        if (!Expect(ref json, JsonTokenType.StartArray, "must be an array"))
        {
            return;
        }
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (TryReadElement(ref json, field, out var value))
            {
                list.Add(value);
            }
        }
    }

    void ReadMap(ref Utf8JsonReader json, IDictionary map, FieldShape field)
    {
        if (!Expect(ref json, JsonTokenType.StartObject, ScalarText.Expectation(MessageKind.Plain)))
        {
            return;
        }
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            if (!TryReadKey(ref json, field.MapKey, out var key))
            {
                Refuse(ref json, "the key " + ScalarText.Expectation(field.MapKey));
                continue;
            }
            if (map.Contains(key))
            {
                Refuse(ref json, "is given more than once");
                continue;
            }
            json.Read();
            if (TryReadElement(ref json, field.MapValue, out var value))
            {
                map.Add(key, value);
            }
        }
    }

    bool TryReadKey(ref Utf8JsonReader json, FieldShape key, out object value)
    {
        if (key.Type == FieldType.String)
        {
            value = JsonTokens.GetString(in json)!;
            return value is not null;
        }
        Span<byte> scratch = stackalloc byte[64];
        var good = ScalarText.TryParse(key.Type, JsonTokens.Text(in json, scratch), out var parsed);
        value = parsed!;
        return good;
    }

    bool TryReadElement(ref Utf8JsonReader json, FieldShape field, out object? value)
    {
        if (json.TokenType != JsonTokenType.Null || field.TakesNull)
        {
            return TryReadValue(ref json, field, out value);
        }
        value = null;
        Refuse(ref json, "must not be null");
        return false;
    }

    /// <summary>False where the value was noted as wrong, or is to be left out.</summary>
    bool TryReadValue(ref Utf8JsonReader json, FieldShape field, out object? value)
    {
        switch (field.Type)
        {
            case FieldType.Message or FieldType.Group when field.Message.Kind == MessageKind.Wrapper:
                return TryReadValue(ref json, field.Message.Fields[0], out value);
            case FieldType.Message or FieldType.Group:
                var message = field.Message.Create();
                ReadMessage(ref json, message, field.Message);
                value = message;
                return true;
            case FieldType.Enum:
                return TryReadEnum(ref json, field, out value);
            case FieldType.String:
                value = json.TokenType == JsonTokenType.String ? JsonTokens.GetString(in json) : null;
                return value is not null || Refuse(ref json, json.TokenType == JsonTokenType.String ? "is not valid Unicode" : ScalarText.Expectation(field));
            case FieldType.Bool:
                value = json.TokenType == JsonTokenType.True;
                return json.TokenType is JsonTokenType.True or JsonTokenType.False || Refuse(ref json, ScalarText.Expectation(field));
            default:
                Span<byte> scratch = stackalloc byte[128];
                value = null;
                var fits = json.TokenType == JsonTokenType.String || (json.TokenType == JsonTokenType.Number && field.Type != FieldType.Bytes);
                return (fits && ScalarText.TryParse(field.Type, JsonTokens.Text(in json, scratch), out value)) || Refuse(ref json, ScalarText.Expectation(field));
        }
    }

    bool TryReadEnum(ref Utf8JsonReader json, FieldShape field, out object? value)
    {
        Span<byte> scratch = stackalloc byte[128];
        value = null;
        switch (json.TokenType)
        {
            case JsonTokenType.Null when field.Enum!.IsNull:
                value = 0;
                return true;
            case JsonTokenType.Number:
                return ScalarText.TryParse(FieldType.Int32, JsonTokens.Text(in json, scratch), out value) || Refuse(ref json, ScalarText.Expectation(field));
            case JsonTokenType.String when field.Enum!.TryGetNumber(JsonTokens.Text(in json, scratch), out var number):
                value = number;
                return true;
            case JsonTokenType.String when !codec.RejectUnknownFields:
                // proto3 JSON: who skips unknown fields skips unknown names of enum values too.
                return false;
            default:
                return Refuse(ref json, ScalarText.Expectation(field));
        }
    }

    FieldShape? FindField(ref Utf8JsonReader json, MessageShape shape, out bool isType)
    {
        Span<byte> scratch = stackalloc byte[128];
        var name = JsonTokens.Text(in json, scratch);
        isType = name.SequenceEqual("@type"u8);
        return shape.Find(name);
    }

    void SkipUnknown(ref Utf8JsonReader json, bool ignored)
    {
        if (ignored || !codec.RejectUnknownFields)
        {
            json.Skip();
        }
        else
        {
            Refuse(ref json, "is not a field of this message");
        }
    }

    static bool Mark(Span<ulong> seen, int index)
    {
        ref var word = ref seen[index >> 6];
        var bit = 1UL << (index & 63);
        var isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }

    bool Expect(ref Utf8JsonReader json, JsonTokenType token, string expectation) => json.TokenType == token || Refuse(ref json, expectation);

    bool Refuse(ref Utf8JsonReader json, string problem) => problems.Refuse(ref json, problem);
}
