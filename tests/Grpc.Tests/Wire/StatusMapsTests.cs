using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

public sealed class StatusMapsTests
{
    [Theory]
    [InlineData(StatusCode.OK, "OK", 200)]
    [InlineData(StatusCode.Cancelled, "CANCELLED", 499)]
    [InlineData(StatusCode.Unknown, "UNKNOWN", 500)]
    [InlineData(StatusCode.InvalidArgument, "INVALID_ARGUMENT", 400)]
    [InlineData(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", 504)]
    [InlineData(StatusCode.NotFound, "NOT_FOUND", 404)]
    [InlineData(StatusCode.AlreadyExists, "ALREADY_EXISTS", 409)]
    [InlineData(StatusCode.PermissionDenied, "PERMISSION_DENIED", 403)]
    [InlineData(StatusCode.ResourceExhausted, "RESOURCE_EXHAUSTED", 429)]
    [InlineData(StatusCode.FailedPrecondition, "FAILED_PRECONDITION", 400)]
    [InlineData(StatusCode.Aborted, "ABORTED", 409)]
    [InlineData(StatusCode.OutOfRange, "OUT_OF_RANGE", 400)]
    [InlineData(StatusCode.Unimplemented, "UNIMPLEMENTED", 501)]
    [InlineData(StatusCode.Internal, "INTERNAL", 500)]
    [InlineData(StatusCode.Unavailable, "UNAVAILABLE", 503)]
    [InlineData(StatusCode.DataLoss, "DATA_LOSS", 500)]
    [InlineData(StatusCode.Unauthenticated, "UNAUTHENTICATED", 401)]
    [InlineData((StatusCode)17, "UNKNOWN", 500)]
    [InlineData((StatusCode)(-1), "UNKNOWN", 500)]
    public void Code_ToNameAndHttp_FollowsTheTable(StatusCode code, string name, int http)
    {
        Assert.Equal(name, StatusMaps.Name(code));
        Assert.Equal(http, StatusMaps.ToHttpStatus(code));
    }

    [Theory]
    [InlineData(100, StatusCode.Internal)]
    [InlineData(200, StatusCode.Unknown)]
    [InlineData(302, StatusCode.Unknown)]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(415, StatusCode.Unknown)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(431, StatusCode.Internal)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public void FromHttpStatus_Status_FollowsTheTable(int http, StatusCode expected)
    {
        Assert.Equal(expected, StatusMaps.FromHttpStatus(http));
    }

    [Theory]
    [InlineData(0, StatusCode.Internal)]
    [InlineData(1, StatusCode.Internal)]
    [InlineData(2, StatusCode.Internal)]
    [InlineData(3, StatusCode.Internal)]
    [InlineData(4, StatusCode.Internal)]
    [InlineData(5, StatusCode.Unknown)]
    [InlineData(6, StatusCode.Internal)]
    [InlineData(7, StatusCode.Unavailable)]
    [InlineData(8, StatusCode.Cancelled)]
    [InlineData(9, StatusCode.Internal)]
    [InlineData(10, StatusCode.Internal)]
    [InlineData(11, StatusCode.ResourceExhausted)]
    [InlineData(12, StatusCode.PermissionDenied)]
    [InlineData(13, StatusCode.Unknown)]
    [InlineData(-1, StatusCode.Unknown)]
    public void FromHttp2Error_Code_FollowsTheTable(long error, StatusCode expected)
    {
        Assert.Equal(expected, StatusMaps.FromHttp2Error(error));
    }

    [Theory]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("00")]
    [InlineData("05")]
    [InlineData("-1")]
    [InlineData("1 ")]
    [InlineData("100")]
    [InlineData("x")]
    [InlineData("/")]
    [InlineData(":")]
    [InlineData("1/")]
    [InlineData("NOT_FOUND")]
    public void FromText_NoKnownCode_IsUnknown(string text)
    {
        Assert.Equal(StatusCode.Unknown, StatusMaps.FromText(text));
    }

    [Fact]
    public void FromText_OfText_IsTheCode()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<StatusCode>(), code =>
            StatusMaps.FromText(StatusMaps.Text(code)) == code).QuickCheckThrowOnFailure();
        Assert.Equal(Enumerable.Range(0, 17).Select(code => $"{code}"), Enumerable.Range(0, 17).Select(code => StatusMaps.Text((StatusCode)code)));
        Assert.Equal(["2", "2"], new[] { StatusMaps.Text((StatusCode)17), StatusMaps.Text((StatusCode)(-1)) });
    }
}
