using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>A handler returned a message that JSON has no form for, such as a time out of range.</summary>
sealed class JsonFormatException(string message) : Exception(message);

/// <summary>Writes the messages of google.protobuf that have a JSON form of their own.</summary>
sealed class WellKnownWriter(JsonCodec codec)
{
    public void Write(Utf8JsonWriter json, JsonMessageWriter messages, IMessage message)
    {
        Span<byte> text = stackalloc byte[TimeText.MaxLength];
        switch (message)
        {
            case Timestamp time when TimeText.TryFormat(time, text, out var length):
                json.WriteStringValue(text[..length]);
                break;
            case Duration duration when TimeText.TryFormat(duration, text, out var length):
                json.WriteStringValue(text[..length]);
                break;
            case FieldMask mask when FieldMaskText.TryFormat(mask, out var paths):
                json.WriteStringValue(paths);
                break;
            case Any any:
                WriteAny(json, messages, any);
                break;
            case Value value:
                WriteValue(json, messages, value);
                break;
            default:
                throw new JsonFormatException($"A {message.Descriptor.FullName} holds a value that JSON has no form for.");
        }
    }

    void WriteAny(Utf8JsonWriter json, JsonMessageWriter messages, Any any)
    {
        json.WriteStartObject();
        if (any.TypeUrl.Length > 0)
        {
            json.WriteString("@type"u8, any.TypeUrl);
            WriteContent(json, messages, any);
        }
        json.WriteEndObject();
    }

    void WriteContent(Utf8JsonWriter json, JsonMessageWriter messages, Any any)
    {
        if (codec.FindType(any.TypeUrl) is not { } type || !TryParse(type.Parser, any.Value, out var content))
        {
            // A type that nobody registered: its bytes are better than no answer at all, and an error's details must not become an error.
            json.WriteBase64String("value"u8, any.Value.Span);
            return;
        }
        var shape = codec.Shapes.For(type);
        if (shape.Kind == MessageKind.Plain)
        {
            messages.WriteFields(json, content, shape);
            return;
        }
        json.WritePropertyName("value"u8);
        messages.Write(json, content, shape);
    }

    static bool TryParse(MessageParser parser, ByteString bytes, out IMessage message)
    {
        try
        {
            message = parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            message = null!;
            return false;
        }
    }

    static void WriteValue(Utf8JsonWriter json, JsonMessageWriter messages, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.NumberValue when double.IsFinite(value.NumberValue):
                json.WriteNumberValue(value.NumberValue);
                break;
            case Value.KindOneofCase.StringValue:
                json.WriteStringValue(value.StringValue);
                break;
            case Value.KindOneofCase.BoolValue:
                json.WriteBooleanValue(value.BoolValue);
                break;
            case Value.KindOneofCase.StructValue:
                messages.Write(json, value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                messages.Write(json, value.ListValue);
                break;
            case Value.KindOneofCase.NullValue:
                json.WriteNullValue();
                break;
            default:
                throw new JsonFormatException("A google.protobuf.Value holds no value, or a number that JSON has no form for.");
        }
    }
}
