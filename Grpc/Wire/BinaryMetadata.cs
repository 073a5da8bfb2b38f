namespace Grpc.Wire;

/// <summary>Base64 of <c>-bin</c> headers: emitted without padding, accepted with or without it.</summary>
static class BinaryMetadata
{
    public static string Encode(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    /// <summary>Decodes one value. A header may hold several, joined by commas: split first.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] value)
    {
        var missing = -text.Length & 3;
        var decoded = new byte[text.TrimEnd('=').Length * 3 / 4];
        // The framework skips white space, and wants all of the padding.
        var isValid = missing < 3 && !text.ContainsAny(" \t\r\n") && !(missing > 0 && text.Contains('='))
            && Convert.TryFromBase64Chars(string.Concat(text, "==".AsSpan(0, missing)), decoded, out _);
        value = isValid ? decoded : [];
        return isValid;
    }
}
