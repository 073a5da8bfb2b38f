using System.Globalization;

namespace P2P.Content;

/// <summary>
/// What a file is: root and length together. The root alone is no key: a 64-byte file that holds two child hashes has the
/// root of the 32 KiB file above them.
/// </summary>
/// <param name="Root">The pieces root.</param>
/// <param name="Length">Bytes, 0 to <see cref="TreeShape.MaxLength"/>.</param>
public readonly record struct ContentId(ContentRoot Root, long Length)
{
    public static ContentId Empty => default;

    /// <summary>The length is possible, and the root is all zeros exactly for the empty file.</summary>
    public bool IsValid => Length is >= 0 and <= TreeShape.MaxLength && Root.IsEmpty == (Length == 0);

    /// <summary>Reads what <see cref="ToString"/> writes, and only a valid content.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ContentId content)
    {
        content = default;
        const int hex = ContentRoot.Size * 2;
        if (text.Length < hex + 2 || text[hex] != '-' || !ContentRoot.TryParse(text[..hex], out ContentRoot root))
            return false;
        ReadOnlySpan<char> digits = text[(hex + 1)..];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            || (digits[0] == '0' && digits.Length > 1))
            return false;
        content = new ContentId(root, length);
        return content.IsValid;
    }

    /// <summary>Root, a hyphen, the length in decimal: the ETag of a content and the name of its part file.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Root}-{Length}");
}
