using System.Buffers;
using System.Text;

namespace Grpc.Wire;

/// <summary>The text of <c>grpc-message</c>: UTF-8, with every byte outside 0x20–0x7E and <c>%</c> as <c>%XX</c>.</summary>
static class PercentCodec
{
    static readonly SearchValues<char> s_plain = SearchValues.Create(PlainCharacters());

    /// <returns>The same string when nothing needs an escape. A lone surrogate becomes U+FFFD.</returns>
    public static string Encode(string text)
    {
        if (text.AsSpan().IndexOfAnyExcept(s_plain) < 0)
        {
            return text;
        }

        var utf8 = Encoding.UTF8.GetBytes(text);
        var encoded = new StringBuilder(utf8.Length + 16);
        foreach (var value in utf8)
        {
            if (s_plain.Contains((char)value))
            {
                encoded.Append((char)value);
            }
            else
            {
                encoded.Append('%').Append(HexDigit(value >> 4)).Append(HexDigit(value & 0xF));
            }
        }

        return encoded.ToString();
    }

    /// <summary>Never fails: an escape that is none stays as it is, and bytes that are not UTF-8 become U+FFFD.</summary>
    public static string Decode(string text)
    {
        var first = text.IndexOf('%', StringComparison.Ordinal);
        if (first < 0)
        {
            return text;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var length = DecodeBytes(text, first, buffer);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static int DecodeBytes(ReadOnlySpan<char> text, int escape, Span<byte> target)
    {
        var written = 0;
        while (escape >= 0)
        {
            written += Encoding.UTF8.GetBytes(text[..escape], target[written..]);
            text = text[escape..];
            if (text.Length >= 3 && char.IsAsciiHexDigit(text[1]) && char.IsAsciiHexDigit(text[2]))
            {
                target[written++] = (byte)((HexValue(text[1]) << 4) | HexValue(text[2]));
                text = text[3..];
            }
            else
            {
                target[written++] = (byte)'%';
                text = text[1..];
            }

            escape = text.IndexOf('%');
        }

        return written + Encoding.UTF8.GetBytes(text, target[written..]);
    }

    static char HexDigit(int value) => "0123456789ABCDEF"[value];

    static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;

    static string PlainCharacters()
    {
        var plain = new StringBuilder();
        for (var character = ' '; character <= '~'; character++)
        {
            if (character != '%')
            {
                plain.Append(character);
            }
        }

        return plain.ToString();
    }
}
