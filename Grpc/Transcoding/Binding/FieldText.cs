namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>One value of a field as it stands in a path or a query: its JSON text without the quotes.</summary>
static class FieldText
{
    /// <summary>Whether the field, or an element of it, has a text form at all.</summary>
    public static bool HasForm(FieldShape field) =>
        field.Type != FieldType.Message
        || field.Message.Kind is MessageKind.Wrapper or MessageKind.Timestamp or MessageKind.Duration or MessageKind.FieldMask;

    public static bool TryParse(FieldShape field, string text, out object? value)
    {
        if (field.Type == FieldType.String)
        {
            value = text;
            return true;
        }
        if (field.Type == FieldType.Message)
        {
            return TryParseMessage(field, text, out value);
        }
        Span<byte> utf8 = stackalloc byte[256];
        utf8 = Encoding.UTF8.TryGetBytes(text, utf8, out var length) ? utf8[..length] : Encoding.UTF8.GetBytes(text);
        if (field.Enum is null)
        {
            return ScalarText.TryParse(field.Type, utf8, out value);
        }
        if (!field.Enum.TryGetNumber(utf8, out var number))
        {
            return ScalarText.TryParse(FieldType.Int32, utf8, out value);
        }
        value = number;
        return true;
    }

    static bool TryParseMessage(FieldShape field, string text, out object? value)
    {
        if (field.Message.Kind == MessageKind.Wrapper)
        {
            return TryParse(field.Message.Fields[0], text, out value);
        }
        var message = field.Message.Create();
        value = message;
        return WellKnownReader.TryParse(message, text);
    }
}
