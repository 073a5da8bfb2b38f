using System.Buffers;

namespace Grpc.Wire;

/// <summary>Base64 of <c>-bin</c> headers: emitted without padding, accepted with or without it.</summary>
static class BinaryMetadata
{
    const int StackLimit = 256;

    public static string Encode(ReadOnlySpan<byte> value)
    {
        var padded = Convert.ToBase64String(value);
        return padded.EndsWith('=') ? padded.TrimEnd('=') : padded;
    }

    /// <summary>Decodes one value. A header may hold several, joined by commas: split first.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] value)
    {
        var bare = WithoutPadding(text);
        value = [];
        if (bare.Length % 4 == 1 || bare.ContainsAny(" \t\r\n="))
        {
            return false;
        }

        var length = (bare.Length + 3) / 4 * 4;
        char[]? rented = null;
        var padded = length <= StackLimit
            ? stackalloc char[StackLimit]
            : rented = ArrayPool<char>.Shared.Rent(length);
        padded = padded[..length];
        bare.CopyTo(padded);
        padded[bare.Length..].Fill('=');

        var decoded = new byte[bare.Length * 3 / 4];
        var ok = Convert.TryFromBase64Chars(padded, decoded, out _);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        value = ok ? decoded : value;
        return ok;
    }

    static ReadOnlySpan<char> WithoutPadding(ReadOnlySpan<char> text)
    {
        if (text.Length % 4 != 0)
        {
            return text;
        }

        return text.EndsWith("==") ? text[..^2] : text.EndsWith('=') ? text[..^1] : text;
    }
}
