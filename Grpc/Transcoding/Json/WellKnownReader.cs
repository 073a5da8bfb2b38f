using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>Reads the messages of google.protobuf that have a JSON form of their own.</summary>
sealed class WellKnownReader(JsonCodec codec, JsonProblems problems)
{
    public void Read(ref Utf8JsonReader json, JsonMessageReader messages, IMessage target, MessageKind kind)
    {
        switch (kind)
        {
            case MessageKind.Any:
                ReadAny(ref json, messages, (Any)target);
                break;
            case MessageKind.Value:
                ReadValue(ref json, messages, (Value)target);
                break;
            default:
                var text = json.TokenType == JsonTokenType.String ? JsonTokens.GetString(in json) : null;
                if (text is null || !TryParse(target, text))
                {
                    problems.Refuse(ref json, ScalarText.Expectation(kind));
                }
                break;
        }
    }

    /// <summary>Timestamp, Duration and FieldMask, whose JSON is one string. Where it fails, the target is of no use.</summary>
    public static bool TryParse(IMessage target, string text) => target switch
    {
        FieldMask mask => FieldMaskText.TryParse(text, mask),
        Timestamp time => TimeText.TryParse(text, time),
        Duration duration => TimeText.TryParse(text, duration),
        _ => false,
    };

    void ReadAny(ref Utf8JsonReader json, JsonMessageReader messages, Any any)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            problems.Refuse(ref json, ScalarText.Expectation(MessageKind.Any));
            return;
        }
        if (FindType(json, out var url) is { } problem)
        {
            problems.Refuse(ref json, problem);
            return;
        }
        if (url is null)
        {
            // Only {} comes here: the empty Any.
            json.Read();
            return;
        }
        if (codec.FindType(url) is not { } type)
        {
            problems.Refuse(ref json, "has an @type that is not known here");
            return;
        }
        var shape = codec.Shapes.For(type);
        var message = shape.Create();
        if (shape.Kind == MessageKind.Plain)
        {
            messages.ReadPlain(ref json, message, shape, inAny: true);
        }
        else
        {
            ReadWrapped(ref json, messages, message, shape);
        }
        any.TypeUrl = url;
        any.Value = message.ToByteString();
    }

    // {"@type": …, "value": …}: a type with a JSON form of its own keeps it in an Any.
    void ReadWrapped(ref Utf8JsonReader json, JsonMessageReader messages, IMessage message, MessageShape shape)
    {
        var start = json.TokenStartIndex;
        var found = false;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var isValue = JsonTokens.Is(in json, "value"u8);
            if (isValue && !found)
            {
                found = true;
                json.Read();
                messages.ReadMessage(ref json, message, shape);
            }
            else if (JsonTokens.Is(in json, "@type"u8))
            {
                json.Skip();
            }
            else
            {
                problems.Refuse(ref json, isValue ? "is given more than once" : "is not a field of this message");
            }
        }
        if (!found)
        {
            problems.Add(start, "has no \"value\"");
        }
    }

    // Looks ahead on a copy of the reader: the @type may stand anywhere in the object. Returns what is wrong.
    static string? FindType(Utf8JsonReader json, out string? url)
    {
        url = null;
        var fields = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            fields++;
            if (!JsonTokens.Is(in json, "@type"u8))
            {
                json.Skip();
                continue;
            }
            json.Read();
            if (url is not null)
            {
                return "has more than one @type";
            }
            url = json.TokenType == JsonTokenType.String ? JsonTokens.GetString(in json) : null;
            if (string.IsNullOrEmpty(url))
            {
                return "has an @type that is not a type's URL";
            }
        }
        return url is null && fields > 0 ? "has no @type" : null;
    }

    void ReadValue(ref Utf8JsonReader json, JsonMessageReader messages, Value target)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                target.NullValue = NullValue.NullValue;
                break;
            case JsonTokenType.True or JsonTokenType.False:
                target.BoolValue = json.TokenType == JsonTokenType.True;
                break;
            case JsonTokenType.Number when json.TryGetDouble(out var number) && double.IsFinite(number):
                target.NumberValue = number;
                break;
            case JsonTokenType.String when JsonTokens.GetString(in json) is { } text:
                target.StringValue = text;
                break;
            case JsonTokenType.StartObject:
                messages.ReadMessage(ref json, target.StructValue = new Struct(), codec.Shapes.For(Struct.Descriptor));
                break;
            case JsonTokenType.StartArray:
                messages.ReadMessage(ref json, target.ListValue = new ListValue(), codec.Shapes.For(ListValue.Descriptor));
                break;
            default:
                problems.Refuse(ref json, json.TokenType == JsonTokenType.Number ? "must be a number that a double holds" : "is not valid Unicode");
                break;
        }
    }
}
