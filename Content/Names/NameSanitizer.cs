using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace P2P.Content;

/// <summary>
/// The one gate through which a name received from another machine becomes the name of a file or folder here.
/// </summary>
/// <remarks>
/// The result is one component that every common file system takes, on any system: in Unicode form NFC; without control,
/// bidirectional, invisible or separator characters, the characters Windows reserves, trailing dots and spaces, and the
/// names of Windows devices; at most 255 bytes of UTF-8. A name that is fine already stays as it is. A name that had to be
/// changed gets a part of the hash of the original before its extension, so that two different originals never meet; only
/// the exact result of a change, sent as a name itself, does, which is why files are never overwritten anyway.
/// </remarks>
public static class NameSanitizer
{
    /// <summary>Bytes of UTF-8 that a name may have.</summary>
    public const int MaxBytes = 255;

    const int MarkLength = 13;
    const int MaxExtensionBytes = 32;
    const char Substitute = '_';

    static readonly SearchValues<char> Reserved = SearchValues.Create("/\\<>:\"|?*");
    static readonly SearchValues<char> Plain = SearchValues.Create(
        string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Where(letter => !Reserved.Contains(letter))));

    static readonly SearchValues<string> Devices = SearchValues.Create(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$",
            .. "0123456789\u00b9\u00b2\u00b3".SelectMany(digit => new[] { $"COM{digit}", $"LPT{digit}" })],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>The name itself if it is fine, else one made from it.</summary>
    public static string Sanitize(string name)
    {
        if (IsPlain(name))
            return name;
        string clean = Trim(Replace(WellFormed(name).Normalize(NormalizationForm.FormC)));
        if (clean.Length == 0 || IsDevice(clean))
            clean = Substitute + clean;
        return clean == name && Encoding.UTF8.GetByteCount(name) <= MaxBytes ? name : Mark(clean, name);
    }

    // Nearly all names: nothing in them has to be looked at one by one.
    static bool IsPlain(string name) =>
        name.Length is > 0 and <= MaxBytes && !name.AsSpan().ContainsAnyExcept(Plain) && name[^1] is not ('.' or ' ') && !IsDevice(name);

    // A lone surrogate has no UTF-8, and Normalize refuses both it and the code points that are no characters.
    static string WellFormed(string name)
    {
        StringBuilder text = new(name.Length);
        foreach (Rune rune in name.EnumerateRunes())
            text.Append((IsCharacter(rune.Value) ? rune : Rune.ReplacementChar).ToString());
        return text.ToString();
    }

    static bool IsCharacter(int value) => (value & 0xfffe) != 0xfffe && value is not (>= 0xfdd0 and <= 0xfdef);

    static string Replace(string name)
    {
        StringBuilder text = new(name.Length);
        foreach (Rune rune in name.EnumerateRunes())
            text.Append(IsRefused(rune) ? Substitute.ToString() : rune.ToString());
        return text.ToString();
    }

    static bool IsRefused(Rune rune) =>
        (rune.IsBmp && Reserved.Contains((char)rune.Value)) || Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
            // Invisible characters that change what is seen around them; the two joiners are letters' business.
            UnicodeCategory.Format => rune.Value is not (0x200c or 0x200d),
            _ => rune.Value == Rune.ReplacementChar.Value,
        };

    static string Trim(string name) => name.TrimEnd('.', ' ');

    static bool IsDevice(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return Devices.Contains((dot < 0 ? name : name[..dot]).TrimEnd(' '));
    }

    static string Mark(string clean, string original)
    {
        // The units as they are: an encoding would make one of all lone surrogates.
        ReadOnlySpan<byte> units = MemoryMarshal.AsBytes(original.AsSpan());
        string mark = "~" + Convert.ToHexStringLower(SHA256.HashData(units).AsSpan(0, (MarkLength - 1) / 2));
        int dot = clean.LastIndexOf('.');
        string extension = dot > 0 ? clean[dot..] : "";
        int extensionBytes = Encoding.UTF8.GetByteCount(extension);
        if (extensionBytes > MaxExtensionBytes)
            (extension, extensionBytes) = ("", 0);
        string stem = clean[..^extension.Length];
        return TruncateUtf8(stem, MaxBytes - MarkLength - extensionBytes) + mark + extension;
    }

    /// <summary>The longest beginning that has at most so many bytes of UTF-8 and splits no character.</summary>
    internal static string TruncateUtf8(string text, int bytes)
    {
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
                break;
            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
