using P2P.Peers.Transfers;

namespace P2P.Peers.Sending;

/// <summary>What a run of <c>put</c> has to send and has sent; read from other threads while it runs.</summary>
/// <param name="files">How many files were named.</param>
sealed class SendMeter(int files) : ITransferMeter, IProgress<long>
{
    long _total, _before, _done, _sent, _bytes;
    int _filesDone;

    public int Files => files;

    public int FilesDone => Volatile.Read(ref _filesDone);

    public long Total => Interlocked.Read(ref _total);

    public long Done => Interlocked.Read(ref _before) + DoneOfFile;

    /// <summary>Of the file under way: bytes that need not be sent any more.</summary>
    public long DoneOfFile => Interlocked.Read(ref _done);

    /// <summary>Bytes that were sent, of files that are there.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Length of the files that are there.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void Begin(long length)
    {
        Interlocked.Add(ref _before, Interlocked.Exchange(ref _done, 0));
        Interlocked.Add(ref _total, length);
    }

    public void Report(long value) => Interlocked.Add(ref _done, value);

    public void Finish(long length, long sent)
    {
        Interlocked.Exchange(ref _done, length);
        Interlocked.Add(ref _bytes, length);
        Interlocked.Add(ref _sent, sent);
        Interlocked.Increment(ref _filesDone);
    }
}
