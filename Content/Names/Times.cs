using Google.Protobuf.WellKnownTypes;

namespace P2P.Content;

/// <summary>Times that other machines send: the wire lets through what is no time at all, and the framework then throws.</summary>
public static class Times
{
    /// <summary>Whether it lies in the years 1 to 9999, as protobuf defines a timestamp.</summary>
    public static bool IsTime(Timestamp time) =>
        time is { Seconds: var seconds, Nanos: var nanos } && IsTime(seconds, nanos);

    /// <summary>Whether it lies in the years 1 to 9999, as protobuf defines a timestamp.</summary>
    public static bool IsTime(long seconds, int nanos) =>
        seconds is >= -62_135_596_800 and < 253_402_300_800 && nanos is >= 0 and < 1_000_000_000;

    /// <summary>How long someone asks to wait; null if it does not say, or says what is no wait of at most a day.</summary>
    public static TimeSpan? ReadWait(Duration? wait) =>
        wait is { Seconds: >= 0 and < 86_400, Nanos: >= 0 and < 1_000_000_000 } ? wait.ToTimeSpan() : null;

    /// <summary>The time; null if there is none, or none that can be.</summary>
    public static DateTimeOffset? Read(Timestamp? time) => time is not null && IsTime(time) ? time.ToDateTimeOffset() : null;
}
