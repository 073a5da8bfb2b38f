using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace P2P.Commands;

/// <summary>
/// Objects as JSON: their public properties in the order of their declaration, camelCase, those left out that are null. Unlike the framework's serializer
/// this makes no code at run time, so it works the same in a program that is compiled ahead.
/// </summary>
static class ObjectText
{
    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    static readonly ConcurrentDictionary<Type, (JsonEncodedText Name, PropertyInfo Property)[]> Members = new();

    public static string Of(object value)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, Options))
            Write(json, value);
        return Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case uint number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                json.WriteStringValue(time);
                break;
            case IEnumerable list:
                WriteList(json, list);
                break;
            case ValueType:
                throw new NotSupportedException($"{value.GetType()} has no form in JSON here.");
            default:
                WriteObject(json, value);
                break;
        }
    }

    static void WriteList(Utf8JsonWriter json, IEnumerable list)
    {
        json.WriteStartArray();
        foreach (object? item in list)
            Write(json, item);
        json.WriteEndArray();
    }

    static void WriteObject(Utf8JsonWriter json, object value)
    {
        json.WriteStartObject();
        foreach ((JsonEncodedText name, PropertyInfo property) in Members.GetOrAdd(value.GetType(), Find))
        {
            if (property.GetValue(value) is not { } member)
                continue;
            json.WritePropertyName(name);
            Write(json, member);
        }

        json.WriteEndObject();
    }

    static (JsonEncodedText, PropertyInfo)[] Find(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (JsonEncodedText.Encode(JsonNamingPolicy.CamelCase.ConvertName(property.Name), Options.Encoder), property)),
    ];
}
