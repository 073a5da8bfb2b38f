using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

public sealed class PercentCodecTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text ~!", "plain text ~!")]
    [InlineData("100%", "100%25")]
    [InlineData("\t\r\n", "%09%0D%0A")]
    [InlineData("\u007f", "%7F")]
    [InlineData("año", "a%C3%B1o")]
    [InlineData("😈", "%F0%9F%98%88")]
    public void Encode_Text_IsTheProtocolsForm(string text, string expected)
    {
        Assert.Equal(expected, PercentCodec.Encode(text));
        Assert.Equal(text, PercentCodec.Decode(expected));
    }

    [Fact]
    public void Encode_LoneSurrogate_BecomesReplacement()
    {
        // Not an InlineData: a lone surrogate does not survive the attribute's UTF-8.
        Assert.Equal("%EF%BF%BD", PercentCodec.Encode("\ud800"));
    }

    [Fact]
    public void Encode_NothingToDo_ReturnsTheSameString()
    {
        var text = new string('a', 3);
        Assert.Same(text, PercentCodec.Encode(text));
        Assert.Same(text, PercentCodec.Decode(text));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("%%41", "%A")]
    [InlineData("a%c3%b1o", "año")]
    [InlineData("%FF", "\ufffd")]
    [InlineData("ñ%41", "ñA")]
    [InlineData("%2541", "%41")]
    public void Decode_BadEscapes_AreKept(string text, string expected)
    {
        Assert.Equal(expected, PercentCodec.Decode(text));
    }

    [Theory]
    [InlineData("a%41%2fb%2F", false, "aA/b/", true)]
    [InlineData("a%41%2fb%2F", true, "aA%2fb%2F", true)]
    [InlineData("%25", true, "%", true)]
    [InlineData("plain", true, "plain", true)]
    [InlineData("%41%4", false, "A%4", false)]
    [InlineData("%zz%41", false, "%zzA", false)]
    [InlineData("%zz%yy", false, "%zz%yy", false)]
    [InlineData("%00%41", false, "\0A", false)]
    [InlineData("%00%00", false, "\0\0", false)]
    public void TryDecode_Text_SaysWhetherItIsSound(string text, bool keepSlashes, string expected, bool isSound)
    {
        var bytes = new byte[100];

        Assert.Equal(isSound, PercentCodec.TryDecode(text, bytes, out var written, keepSlashes));
        Assert.Equal(expected, Encoding.UTF8.GetString(bytes, 0, written));
    }

    [Fact]
    public void Encode_EachAsciiCharacter_IsPlainFromSpaceToTildeButForPercent()
    {
        for (var character = '\0'; character <= '\x7f'; character++)
        {
            var isPlain = character is >= '\x20' and <= '\x7e' and not '%';
            Assert.Equal(isPlain ? $"{character}" : $"%{(int)character:X2}", PercentCodec.Encode($"{character}"));
            Assert.Equal(isPlain ? $"{character}%09" : $"%{(int)character:X2}%09", PercentCodec.Encode($"{character}\t"));
        }
    }

    [Fact]
    public void Decode_OfEncode_IsTheText()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            var clean = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""));
            var encoded = PercentCodec.Encode(clean);
            Assert.DoesNotContain(encoded, character => character is < ' ' or > '~');
            Assert.Equal(clean, PercentCodec.Decode(encoded));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Decode_AnyText_NeverThrows()
    {
        var escapes = Gen.Elements("%", "4", "F", "C3", "%C3", "%B1", "ñ", "z", "\ud800").ListOf()
            .Select(parts => string.Concat(parts)).ToArbitrary();
        Prop.ForAll(escapes, text => PercentCodec.Decode(text) is not null).QuickCheckThrowOnFailure();
    }
}
