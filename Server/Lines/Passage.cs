using P2P.Server.Relay;

namespace P2P.Server.Lines;

/// <summary>All that passes through the directory: downloads, and relays between peers.</summary>
sealed class Passage(ContentRelay downloads, MeetingPlace relays)
{
    public int Count => downloads.Running + relays.Count;

    public long Bytes => downloads.Bytes + relays.Bytes;
}
