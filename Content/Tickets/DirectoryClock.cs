namespace P2P.Content;

/// <summary>
/// The directory's clock as far as a source knows it. It is the directory that dates tickets, so its clock rules: a source that was told
/// of it (at Login and with every Heartbeat) goes on from there by its own monotonic clock, and no change of its wall clock makes a ticket
/// longer or shorter. Until it is told, its own wall clock has to do.
/// </summary>
public sealed class DirectoryClock(TimeProvider time)
{
    volatile Anchor? _anchor;

    public DateTimeOffset Now => _anchor is { } anchor ? anchor.Time + time.GetElapsedTime(anchor.Timestamp) : time.GetUtcNow();

    /// <summary>The directory has just said what time it is.</summary>
    public void Observe(DateTimeOffset directoryTime) => _anchor = new Anchor(directoryTime, time.GetTimestamp());

    sealed record Anchor(DateTimeOffset Time, long Timestamp);
}
