namespace P2P.Peers.Fetching;

/// <summary>Consecutive pieces that one source was chosen for. Made and changed by <see cref="PieceScheduler"/> only.</summary>
public sealed class Booking
{
    internal Booking(int source, long first, long end, TimeSpan since)
    {
        Source = source;
        First = Next = first;
        End = end;
        Since = since;
    }

    public int Source { get; }

    public long First { get; }

    /// <summary>After the last piece.</summary>
    public long End { get; }

    /// <summary>The first piece that did not come yet.</summary>
    public long Next { get; internal set; }

    internal TimeSpan Since { get; set; }

    public override string ToString() => $"{First}..{End} of source {Source}";
}
