using System.Collections;
using System.Globalization;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>Writes messages as proto3 JSON.</summary>
sealed class JsonMessageWriter(JsonCodec codec, GrpcJsonSettings settings)
{
    readonly WellKnownWriter _wellKnown = new(codec);

    public void Write(Utf8JsonWriter json, IMessage message) => Write(json, message, codec.Shapes.For(message.Descriptor));

    public void Write(Utf8JsonWriter json, IMessage message, MessageShape shape)
    {
        switch (shape.Kind)
        {
            case MessageKind.Plain:
                json.WriteStartObject();
                WriteFields(json, message, shape);
                json.WriteEndObject();
                break;
            case MessageKind.Wrapper or MessageKind.Struct or MessageKind.ListValue:
                WriteField(json, shape.Fields[0], message);
                break;
            default:
                _wellKnown.Write(json, this, message);
                break;
        }
    }

    public void WriteFields(Utf8JsonWriter json, IMessage message, MessageShape shape)
    {
        foreach (var field in shape.Fields)
        {
            if (field.HasPresence ? !field.Accessor.HasValue(message) : settings.IgnoreDefaultValues && field.IsDefault(message))
            {
                continue;
            }
            json.WritePropertyName(field.JsonName);
            WriteField(json, field, message);
        }
    }

    public void WriteField(Utf8JsonWriter json, FieldShape field, IMessage message)
    {
        var value = field.Accessor.GetValue(message);
        if (field.IsMap)
        {
            WriteMap(json, field, (IDictionary)value);
        }
        else if (field.IsRepeated)
        {
            json.WriteStartArray();
            foreach (var element in (IList)value)
            {
                WriteValue(json, field, element);
            }
            json.WriteEndArray();
        }
        else
        {
            WriteValue(json, field, value);
        }
    }

    void WriteMap(Utf8JsonWriter json, FieldShape field, IDictionary map)
    {
        json.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            json.WritePropertyName(entry.Key switch
            {
                string text => text,
                bool flag => flag ? "true" : "false",
                _ => ((IFormattable)entry.Key).ToString(null, CultureInfo.InvariantCulture),
            });
            WriteValue(json, field.MapValue, entry.Value);
        }
        json.WriteEndObject();
    }

    void WriteValue(Utf8JsonWriter json, FieldShape field, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int or uint when field.Type != FieldType.Enum:
                WriteInteger(json, (IUtf8SpanFormattable)value, asString: false);
                break;
            case long or ulong:
                WriteInteger(json, (IUtf8SpanFormattable)value, settings.WriteInt64sAsStrings);
                break;
            case double number:
                WriteDouble(json, number);
                break;
            case float number:
                WriteSingle(json, number);
                break;
            case ByteString bytes:
                json.WriteBase64StringValue(bytes.Span);
                break;
            case IMessage message:
                Write(json, message, field.Message);
                break;
            default:
                WriteEnum(json, field.Enum!, (int)value);
                break;
        }
    }

    void WriteEnum(Utf8JsonWriter json, EnumShape shape, int number)
    {
        if (shape.IsNull)
        {
            json.WriteNullValue();
        }
        else if (!settings.WriteEnumsAsIntegers && shape.TryGetName(number, out var name))
        {
            json.WriteStringValue(name);
        }
        else
        {
            json.WriteNumberValue(number);
        }
    }

    static void WriteInteger(Utf8JsonWriter json, IUtf8SpanFormattable number, bool asString)
    {
        Span<byte> text = stackalloc byte[20];
        number.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        if (asString)
        {
            json.WriteStringValue(text[..length]);
        }
        else
        {
            json.WriteRawValue(text[..length], skipInputValidation: true);
        }
    }

    static void WriteDouble(Utf8JsonWriter json, double number)
    {
        if (number == 0 && double.IsNegative(number))
        {
            // Many readers take -0 for an integer, which has no sign to keep.
            json.WriteRawValue("-0.0"u8, skipInputValidation: true);
        }
        else if (double.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(double.IsNaN(number) ? "NaN"u8 : number > 0 ? "Infinity"u8 : "-Infinity"u8);
        }
    }

    static void WriteSingle(Utf8JsonWriter json, float number)
    {
        if (float.IsFinite(number) && number != 0)
        {
            json.WriteNumberValue(number);
        }
        else
        {
            WriteDouble(json, number);
        }
    }
}
