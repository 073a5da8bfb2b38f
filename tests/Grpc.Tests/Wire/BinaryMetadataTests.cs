using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

public sealed class BinaryMetadataTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("00", "AA")]
    [InlineData("0001", "AAE")]
    [InlineData("FBFFFF", "+///")]
    public void Encode_Bytes_HasNoPadding(string hex, string expected)
    {
        Assert.Equal(expected, BinaryMetadata.Encode(Convert.FromHexString(hex)));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AA=")]
    [InlineData("A===")]
    [InlineData("====")]
    [InlineData("AAAA====")]
    [InlineData("AA A")]
    [InlineData("AA\nA")]
    [InlineData("AAAA    ")]
    [InlineData("AAAA\r\n\t ")]
    [InlineData("    ")]
    [InlineData("-_-_")]
    [InlineData("AAñA")]
    public void TryDecode_NotBase64_IsRefused(string text)
    {
        Assert.False(BinaryMetadata.TryDecode(text, out var value));
        Assert.Empty(value);
    }

    [Fact]
    public void TryDecode_PaddedOrNot_GivesTheBytes()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            Assert.True(BinaryMetadata.TryDecode(BinaryMetadata.Encode(bytes), out var bare));
            Assert.True(BinaryMetadata.TryDecode(Convert.ToBase64String(bytes), out var padded));
            Assert.Equal(bytes, bare);
            Assert.Equal(bytes, padded);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void TryDecode_LongValue_GivesTheBytes()
    {
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        Assert.True(BinaryMetadata.TryDecode(BinaryMetadata.Encode(bytes), out var decoded));
        Assert.Equal(bytes, decoded);
    }

    [Fact]
    public void TryAdd_CommaJoinedBinary_BecomesEntries()
    {
        var metadata = new Metadata();
        Assert.True(MetadataRules.TryAdd(metadata, "key-bin", "AAE=, AAI,,Aw"));
        Assert.Equal([[0, 1], [0, 2], [], [3]], metadata.Select(entry => entry.ValueBytes));
    }

    [Fact]
    public void TryAdd_BadBinary_IsReported()
    {
        Assert.False(MetadataRules.TryAdd([], "key-bin", "AA,A"));
    }

    [Theory]
    [InlineData(":path")]
    [InlineData("grpc-encoding")]
    [InlineData("grpc-accept-encoding")]
    [InlineData("Grpc-Timeout")]
    [InlineData("content-type")]
    [InlineData("content-encoding")]
    [InlineData("te")]
    [InlineData("host")]
    [InlineData("accept-encoding")]
    [InlineData("not!a!key")]
    [InlineData("")]
    public void TryAdd_ReservedOrImpossibleName_IsLeftOut(string name)
    {
        var metadata = new Metadata();
        Assert.True(MetadataRules.TryAdd(metadata, name, "value"));
        Assert.Empty(metadata);
    }

    [Fact]
    public void TryAdd_OddAsciiValue_IsKept()
    {
        var metadata = new Metadata();
        Assert.True(MetadataRules.TryAdd(metadata, "X-Odd", "ñ,\u0001 "));
        Assert.Equal("ñ,\u0001 ", metadata.GetValue("x-odd"));
    }

    [Fact]
    public void HeaderValue_BothKinds_RoundTrips()
    {
        Assert.Equal("v", MetadataRules.HeaderValue(new Metadata.Entry("a", "v")));
        Assert.Equal("AAE", MetadataRules.HeaderValue(new Metadata.Entry("a-bin", [0, 1])));
    }
}
