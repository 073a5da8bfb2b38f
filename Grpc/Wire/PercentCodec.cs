using System.Globalization;
using System.Text;

namespace Grpc.Wire;

/// <summary>The text of <c>grpc-message</c>: UTF-8, with every byte outside 0x20–0x7E and <c>%</c> as <c>%XX</c>.</summary>
static class PercentCodec
{
    /// <returns>The same string when nothing needs an escape. A lone surrogate becomes U+FFFD.</returns>
    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            _ = (char)value is >= ' ' and <= '~' and not '%' ? encoded.Append((char)value) : encoded.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }
        return encoded.ToString();
    }

    /// <summary>Never fails: an escape that is none stays as it is, and bytes that are not UTF-8 become U+FFFD.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        _ = TryDecode(text, bytes, out var length);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    /// <summary>Decodes escapes to bytes, and everything else to UTF-8; with <paramref name="keepSlashes"/> %2F stays as it is.</summary>
    /// <returns>False where an escape is none, or stands for NUL. All that can be decoded is, even so.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> target, out int written, bool keepSlashes = false)
    {
        var isSound = true;
        written = 0;
        for (var escape = text.IndexOf('%'); escape >= 0; escape = text.IndexOf('%'))
        {
            written += Encoding.UTF8.GetBytes(text[..escape], target[written..]);
            text = text[escape..];
            byte value = 0;
            var isEscape = text.Length >= 3 && byte.TryParse(text[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
            isSound &= isEscape && value != 0;
            var isKept = !isEscape || (keepSlashes && value == '/');
            target[written++] = isKept ? (byte)'%' : value;
            text = text[(isKept ? 1 : 3)..];
        }
        written += Encoding.UTF8.GetBytes(text, target[written..]);
        return isSound;
    }
}
