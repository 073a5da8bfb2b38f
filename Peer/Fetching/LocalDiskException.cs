namespace P2P.Peers.Fetching;

/// <summary>This machine's disk refused a write, as against a failure of the source that was being read.</summary>
public sealed class LocalDiskException(IOException cause) : Exception(cause.Message, cause);
