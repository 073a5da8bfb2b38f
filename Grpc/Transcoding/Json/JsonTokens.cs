namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>The text of a reader's token, whether it lies in one piece or not, escaped or not.</summary>
static class JsonTokens
{
    /// <summary>The token's own bytes where they stand as they are, else a copy: in <paramref name="scratch"/> if it fits.</summary>
    public static ReadOnlySpan<byte> Text(in Utf8JsonReader json, Span<byte> scratch)
    {
        if (!json.HasValueSequence && !json.ValueIsEscaped)
        {
            return json.ValueSpan;
        }
        var length = json.HasValueSequence ? checked((int)json.ValueSequence.Length) : json.ValueSpan.Length;
        var copy = length <= scratch.Length ? scratch : new byte[length];
        if (json.TokenType == JsonTokenType.Number)
        {
            json.ValueSequence.CopyTo(copy);
            return copy[..length];
        }
        try
        {
            return copy[..json.CopyString(copy)];
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are not UTF-8: no name, number or time contains this letter.
            return "\uFFFD"u8;
        }
    }

    /// <summary>Whether the token is that text. The reader's own comparison throws on half a surrogate pair.</summary>
    public static bool Is(in Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        Span<byte> scratch = stackalloc byte[64];
        return Text(in json, scratch).SequenceEqual(text);
    }

    /// <summary>Null for a string that is not valid Unicode, which the reader tells only by throwing.</summary>
    public static string? GetString(in Utf8JsonReader json)
    {
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
