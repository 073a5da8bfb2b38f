using System.Text;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Grpc.Tests.Transcoding;

public sealed class TimeTextTests
{
    static string? Format(Timestamp value)
    {
        Span<byte> text = stackalloc byte[TimeText.MaxLength];
        return TimeText.TryFormat(value, text, out var length) ? Encoding.UTF8.GetString(text[..length]) : null;
    }

    static string? Format(Duration value)
    {
        Span<byte> text = stackalloc byte[TimeText.MaxLength];
        return TimeText.TryFormat(value, text, out var length) ? Encoding.UTF8.GetString(text[..length]) : null;
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z", -62_135_596_800, 0, null)]
    [InlineData("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999, null)]
    [InlineData("1970-01-01T00:00:00.000000001Z", 0, 1, null)]
    [InlineData("1969-12-31T23:59:59.5Z", -1, 500_000_000, "1969-12-31T23:59:59.500Z")]
    [InlineData("1970-01-01T00:00:00.1234Z", 0, 123_400_000, "1970-01-01T00:00:00.123400Z")]
    [InlineData("1970-01-01T00:00:00.1200000Z", 0, 120_000_000, "1970-01-01T00:00:00.120Z")]
    [InlineData("2024-02-29T23:59:59-23:59", 1_709_337_539, 0, "2024-03-01T23:58:59Z")]
    [InlineData("2026-01-31T12:00:00+05:30", 1_769_841_000, 0, "2026-01-31T06:30:00Z")]
    [InlineData("0001-01-01T00:00:00-00:01", -62_135_596_740, 0, "0001-01-01T00:01:00Z")]
    public void Timestamp_Text_IsReadAndWritten(string text, long seconds, int nanos, string? written)
    {
        var value = new Timestamp();
        Assert.True(TimeText.TryParse(text, value));

        Assert.Equal((seconds, nanos), (value.Seconds, value.Nanos));
        Assert.Equal(written ?? text, Format(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-01-01")]
    [InlineData("2026-01-01T00:00:00")]
    [InlineData("2026-01-01T00:00:00.Z")]
    [InlineData("2026-01-01T00:00:00.1234567891Z")]
    [InlineData("2026-01-01T00:00:00ZZ")]
    [InlineData("2026-01-01T00:00:00+0100")]
    [InlineData("2026-01-01T00:00:00+01:0")]
    [InlineData("2026-01-01T00:00:00+24:00")]
    [InlineData("2026-01-01T00:00:00+01:60")]
    [InlineData("2026-01-01T00:00:00*01:00")]
    [InlineData("2026-01-01T00:00:00+01-00")]
    [InlineData("2026-01-01T00:00:00+a1:00")]
    [InlineData("2026-01-01T00:00:00+01:b0")]
    [InlineData("2026-01-01 00:00:00Z")]
    [InlineData("2026/01-01T00:00:00Z")]
    [InlineData("2026-01/01T00:00:00Z")]
    [InlineData("2026-01-01T00-00:00Z")]
    [InlineData("2026-01-01T00:00-00Z")]
    [InlineData("x026-01-01T00:00:00Z")]
    [InlineData("2026-x1-01T00:00:00Z")]
    [InlineData("2026-01-x1T00:00:00Z")]
    [InlineData("2026-01-01Tx0:00:00Z")]
    [InlineData("2026-01-01T00:x0:00Z")]
    [InlineData("2026-01-01T00:00:x0Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("2026-00-01T00:00:00Z")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-01-00T00:00:00Z")]
    [InlineData("2026-01-32T00:00:00Z")]
    [InlineData("2025-02-29T00:00:00Z")]
    [InlineData("2026-01-01T24:00:00Z")]
    [InlineData("2026-01-01T00:60:00Z")]
    [InlineData("2026-01-01T00:00:60Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    public void Timestamp_Wrong_IsRefused(string text) => Assert.False(TimeText.TryParse(text, new Timestamp()));

    [Theory]
    [InlineData("0s", 0, 0, null)]
    [InlineData("1.5s", 1, 500_000_000, "1.500s")]
    [InlineData("-1.5s", -1, -500_000_000, "-1.500s")]
    [InlineData("-0.000000001s", 0, -1, null)]
    [InlineData("0.100000s", 0, 100_000_000, "0.100s")]
    [InlineData("3.000001s", 3, 1_000, null)]
    [InlineData("315576000000s", 315_576_000_000, 0, null)]
    [InlineData("-315576000000s", -315_576_000_000, 0, null)]
    [InlineData("315575999999.999999999s", 315_575_999_999, 999_999_999, null)]
    public void Duration_Text_IsReadAndWritten(string text, long seconds, int nanos, string? written)
    {
        var value = new Duration();
        Assert.True(TimeText.TryParse(text, value));

        Assert.Equal((seconds, nanos), (value.Seconds, value.Nanos));
        Assert.Equal(written ?? text, Format(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-s")]
    [InlineData("1")]
    [InlineData("1S")]
    [InlineData("1ss")]
    [InlineData("1.s")]
    [InlineData(".5s")]
    [InlineData("+1s")]
    [InlineData("--1s")]
    [InlineData("1.5.5s")]
    [InlineData("1.1234567891s")]
    [InlineData("1e3s")]
    [InlineData(" 1s")]
    [InlineData("315576000001s")]
    [InlineData("-315576000001s")]
    [InlineData("315576000000.1s")]
    [InlineData("99999999999999999999s")]
    public void Duration_Wrong_IsRefused(string text) => Assert.False(TimeText.TryParse(text, new Duration()));

    [Theory]
    [InlineData(-62_135_596_801, 0)]
    [InlineData(253_402_300_800, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 1_000_000_000)]
    public void Timestamp_OutOfRange_HasNoText(long seconds, int nanos) => Assert.Null(Format(new Timestamp { Seconds = seconds, Nanos = nanos }));

    [Theory]
    [InlineData(315_576_000_001, 0)]
    [InlineData(-315_576_000_001, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(0, 1_000_000_000)]
    [InlineData(0, -1_000_000_000)]
    [InlineData(1, -1)]
    [InlineData(-1, 1)]
    public void Duration_OutOfRange_HasNoText(long seconds, int nanos) => Assert.Null(Format(new Duration { Seconds = seconds, Nanos = nanos }));
}
