using System.Globalization;

namespace P2P.Peers.Pacing;

/// <summary>
/// A limit in bytes a second that may depend on the time of day: rules such as <c>10M</c> or <c>500k@08:00-18:00</c>, of which the first
/// that covers the time counts. A window that ends before it begins goes over midnight.
/// </summary>
public sealed class RateSchedule
{
    readonly List<Rule> _rules = [];

    sealed record Rule(long BytesPerSecond, TimeOnly? From, TimeOnly To)
    {
        public bool Covers(TimeOnly time) => From is not { } from || time.IsBetween(from, To);
    }

    RateSchedule()
    {
    }

    public static RateSchedule None { get; } = new();

    /// <summary>Whether it limits anything at any time.</summary>
    public bool IsLimit => _rules.Count > 0;

    /// <summary>Reads rules.</summary>
    /// <returns>Null if one of them is none; a rate is at least 1 KiB a second.</returns>
    public static RateSchedule? TryParse(IEnumerable<string> rules)
    {
        RateSchedule schedule = new();
        foreach (string text in rules)
        {
            if (ParseRule(text) is not { } rule)
                return null;
            schedule._rules.Add(rule);
        }

        return schedule;
    }

    /// <summary>Bytes a second at a time of day; null for no limit.</summary>
    public long? At(TimeOnly time) => _rules.Find(rule => rule.Covers(time))?.BytesPerSecond;

    static Rule? ParseRule(string text)
    {
        string[] parts = text.Split('@');
        string rate = parts[0].EndsWith("/s", StringComparison.Ordinal) ? parts[0][..^2] : parts[0];
        if (parts.Length > 2 || !Quantity.TryParseBytes(rate, out long bytes) || bytes < 1024)
            return null;
        if (parts.Length == 1)
            return new Rule(bytes, null, default);
        string[] ends = parts[1].Split('-');
        return ends.Length == 2 && TryParseTime(ends[0], out TimeOnly from) && TryParseTime(ends[1], out TimeOnly to) && from != to
            ? new Rule(bytes, from, to)
            : null;
    }

    static bool TryParseTime(string text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
}
