using P2P.Peers.Transfers;

namespace P2P.Peers.Fetching;

/// <summary>What a run has to do and has done, counted from several threads.</summary>
public sealed class FetchMeter : ITransferMeter
{
    long _total, _present, _received;
    int _files, _filesDone;

    /// <summary>Bytes of all files known so far.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Bytes that need not be fetched: of files and pieces that were here already.</summary>
    public long Present => Interlocked.Read(ref _present);

    /// <summary>Verified bytes that came.</summary>
    public long Received => Interlocked.Read(ref _received);

    public long Done => Math.Min(Total, Present + Received);

    public int Files => Volatile.Read(ref _files);

    public int FilesDone => Volatile.Read(ref _filesDone);

    internal void AddFile(long length)
    {
        Interlocked.Increment(ref _files);
        Interlocked.Add(ref _total, length);
    }

    internal void AddPresent(long bytes) => Interlocked.Add(ref _present, bytes);

    internal void AddReceived(long bytes) => Interlocked.Add(ref _received, bytes);

    internal void FileDone() => Interlocked.Increment(ref _filesDone);
}
