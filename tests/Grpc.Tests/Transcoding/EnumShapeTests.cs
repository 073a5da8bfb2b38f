using System.Text;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Grpc.Tests.Transcoding;

public sealed class EnumShapeTests
{
    [Theory]
    [InlineData(0, "UNSPECIFIED")]
    [InlineData(404, "HTTP_CODE2_X_404")]
    [InlineData(1, "HTTP_CODE2_X_")]
    [InlineData(2, "OTHER")]
    [InlineData(3, "HTTP_OK")]
    public void Prefix_OfTheEnumsName_IsLeftOutWhereANameRemains(int number, string expected)
    {
        var shape = new EnumShape(TranscodingReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("HTTPCode2X"), new() { RemoveEnumPrefix = true });

        Assert.True(shape.TryGetName(number, out var name));
        Assert.Equal(expected, name.ToString());
        Assert.True(shape.TryGetNumber(Encoding.UTF8.GetBytes(expected), out var read));
        Assert.Equal(number, read);
    }

    [Fact]
    public void Prefix_LeftOut_IsReadToo()
    {
        var type = TranscodingReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("HTTPCode2X");
        Assert.True(new EnumShape(type, new() { RemoveEnumPrefix = true }).TryGetNumber("HTTP_CODE2_X_UNSPECIFIED"u8, out _));
        Assert.False(new EnumShape(type, new GrpcJsonSettings()).TryGetNumber("UNSPECIFIED"u8, out _));
        Assert.False(new EnumShape(type, new GrpcJsonSettings()).TryGetName(77, out _));
        Assert.Equal("must be one of HTTP_CODE2_X_UNSPECIFIED, HTTP_CODE2_X_, OTHER, HTTP_OK, HTTP_CODE2_X_404", new EnumShape(type, new GrpcJsonSettings()).Expectation);
        Assert.Equal("must be one of UNSPECIFIED, HTTP_CODE2_X_, OTHER, HTTP_OK, HTTP_CODE2_X_404", new EnumShape(type, new() { RemoveEnumPrefix = true }).Expectation);
    }
}
