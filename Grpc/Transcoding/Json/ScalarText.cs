using System.Buffers.Text;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>
/// One value as text: what stands in a JSON string or number, in a path segment, in a query parameter, or as a map's key.
/// </summary>
static class ScalarText
{
    static readonly SearchValues<byte> Base64Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"u8);

    static readonly object True = true;
    static readonly object False = false;

    /// <summary>Reads a number, a bool ("true", "false"), bytes or a string. Enums and messages have their own ways.</summary>
    public static bool TryParse(FieldType type, ReadOnlySpan<byte> text, out object? value)
    {
        value = type switch
        {
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 =>
                NumberText.TryInt64(text, int.MinValue, int.MaxValue, out var number) ? (int)number : null,
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 =>
                NumberText.TryInt64(text, long.MinValue, long.MaxValue, out var number) ? number : null,
            FieldType.UInt32 or FieldType.Fixed32 => NumberText.TryUInt64(text, uint.MaxValue, out var number) ? (uint)number : null,
            FieldType.UInt64 or FieldType.Fixed64 => NumberText.TryUInt64(text, ulong.MaxValue, out var number) ? number : null,
            FieldType.Double => NumberText.TryDouble(text, out var number) ? number : null,
            FieldType.Float => NumberText.TrySingle(text, out var number) ? number : null,
            FieldType.Bool => text.SequenceEqual("true"u8) ? True : text.SequenceEqual("false"u8) ? False : null,
            FieldType.Bytes => TryBase64(text, out var bytes) ? bytes : null,
            FieldType.String => Encoding.UTF8.GetString(text),
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
        return value is not null;
    }

    /// <summary>What a value of the field must look like, for the message of a violation.</summary>
    public static string Expectation(FieldShape field) => field.Type switch
    {
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => $"must be an integer from {int.MinValue} to {int.MaxValue}",
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => $"must be an integer from {long.MinValue} to {long.MaxValue}",
        FieldType.UInt32 or FieldType.Fixed32 => $"must be an integer from 0 to {uint.MaxValue}",
        FieldType.UInt64 or FieldType.Fixed64 => $"must be an integer from 0 to {ulong.MaxValue}",
        FieldType.Double => "must be a number that a double holds, or \"NaN\", \"Infinity\", \"-Infinity\"",
        FieldType.Float => "must be a number that a float holds, or \"NaN\", \"Infinity\", \"-Infinity\"",
        FieldType.Bool => "must be true or false",
        FieldType.Bytes => "must be base64",
        FieldType.String => "must be a string",
        FieldType.Enum => field.Enum!.Expectation,
        _ => Expectation(field.Message.Kind),
    };

    public static string Expectation(MessageKind kind) => kind switch
    {
        MessageKind.Timestamp => "must be an RFC 3339 time such as 2026-01-31T12:00:00Z, from year 1 to 9999",
        MessageKind.Duration => "must be seconds with an s, such as 1.5s, at most 315576000000s",
        MessageKind.FieldMask => "must be a comma-separated list of lowerCamelCase paths",
        MessageKind.ListValue => "must be an array",
        _ => "must be an object",
    };

    /// <summary>Base64 in the standard or the URL-safe alphabet, padded or not.</summary>
    public static bool TryBase64(ReadOnlySpan<byte> text, out ByteString value)
    {
        value = ByteString.Empty;
        if (text is [.., (byte)'='] && text.Length % 4 == 0)
        {
            text = text[..^(text[^2] == '=' ? 2 : 1)];
        }
        if (text.ContainsAnyExcept(Base64Letters) || text.Length % 4 == 1)
        {
            return false;
        }
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!(text.ContainsAny((byte)'+', (byte)'/') ? TryDecodeMixed(text, bytes, out var written) : TryDecode(text, bytes, out written)))
        {
            return false;
        }
        value = UnsafeByteOperations.UnsafeWrap(bytes.AsMemory(0, written));
        return true;
    }

    // The Try method of the framework throws where the last letter has bits to spare.
    static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes, out int written) =>
        Base64Url.DecodeFromUtf8(text, bytes, out _, out written) == OperationStatus.Done;

    static bool TryDecodeMixed(ReadOnlySpan<byte> text, Span<byte> bytes, out int written)
    {
        var letters = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            text.Replace(letters, (byte)'+', (byte)'-');
            letters.AsSpan(0, text.Length).Replace((byte)'/', (byte)'_');
            return TryDecode(letters.AsSpan(0, text.Length), bytes, out written);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(letters);
        }
    }
}
