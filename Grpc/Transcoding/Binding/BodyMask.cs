using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>The fields that a JSON object names, as a mask: what a PATCH means to change when it does not say so itself.</summary>
static class BodyMask
{
    /// <param name="text">Valid JSON of a message of that shape.</param>
    /// <param name="shape">The message.</param>
    /// <param name="options">As for reading the message.</param>
    public static FieldMask Of(ReadOnlySequence<byte> text, MessageShape shape, JsonReaderOptions options)
    {
        var mask = new FieldMask();
        var json = new Utf8JsonReader(text, options);
        json.Read();
        Add(mask, ref json, shape, prefix: "");
        return mask;
    }

    // Objects within objects give the paths of their leaves; an empty one, a list, a map and a value is a leaf itself.
    static void Add(FieldMask mask, ref Utf8JsonReader json, MessageShape shape, string prefix)
    {
        Span<byte> scratch = stackalloc byte[128];
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var field = shape.Find(JsonTokens.Text(in json, scratch));
            json.Read();
            if (field is null)
            {
                json.Skip();
                continue;
            }
            var path = prefix + field.Field.Name;
            var before = mask.Paths.Count;
            if (json.TokenType == JsonTokenType.StartObject && IsPlain(field))
            {
                Add(mask, ref json, field.Message, path + ".");
            }
            else
            {
                json.Skip();
            }
            if (mask.Paths.Count == before)
            {
                mask.Paths.Add(path);
            }
        }
    }

    static bool IsPlain(FieldShape field) =>
        field is { Type: FieldType.Message, IsRepeated: false } && field.Message.Kind == MessageKind.Plain;
}
