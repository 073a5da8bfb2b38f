using FsCheck;
using FsCheck.Fluent;

namespace P2P.Content.Tests.Roots;

public sealed class ContentIdTests
{
    const string Hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    [Fact]
    public void Root_TextAndBytes_RoundTrip()
    {
        ContentRoot root = ContentRoot.Parse(Hex);
        Assert.Equal(Hex, root.ToString());
        Assert.Equal(Convert.FromHexString(Hex), root.ToArray());
        Assert.Equal(root, new ContentRoot(root.Bytes));
        Assert.False(root.IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00112233445566778899aabbccddeeff00112233445566778899aabbccddeef")]
    [InlineData("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0")]
    [InlineData("00112233445566778899AABBccddeeff00112233445566778899aabbccddeeff")]
    [InlineData("g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    [InlineData(" 0112233445566778899aabbccddeeff00112233445566778899aabbccddeef ")]
    public void Root_OtherText_IsRefused(string text) => Assert.False(ContentRoot.TryParse(text, out _));

    [Fact]
    public void Root_OrderAndEquality_FollowTheBytes() =>
        Prop.ForAll(
            Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf(64).ToArbitrary(),
            bytes =>
            {
                ContentRoot a = new(bytes.AsSpan(0, 32)), b = new(bytes.AsSpan(32));
                int order = string.CompareOrdinal(a.ToString(), b.ToString());
                return Math.Sign(a.CompareTo(b)) == Math.Sign(order) && a == b == (order == 0) && a < b == order < 0;
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(Hex + "-1", true)]
    [InlineData(Hex + "-562949953421312", true)]
    [InlineData(Hex + "-562949953421313", false)]
    [InlineData(Hex + "-0", false)]
    [InlineData(Hex + "-01", false)]
    [InlineData(Hex + "--1", false)]
    [InlineData(Hex + "-+1", false)]
    [InlineData(Hex + "-", false)]
    [InlineData(Hex + "-99999999999999999999", false)]
    [InlineData(Hex, false)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000-0", true)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000-1", false)]
    public void Content_Text_OnlyCanonicalIsRead(string text, bool good)
    {
        Assert.Equal(good, ContentId.TryParse(text, out ContentId content));
        if (good)
            Assert.Equal(text, content.ToString());
    }
}
