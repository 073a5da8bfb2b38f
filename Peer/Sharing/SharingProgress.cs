namespace P2P.Peers.Sharing;

/// <summary>How far scanning and hashing are. Safe to read at any time; each figure is right, together they may be a moment apart.</summary>
sealed class SharingProgress : IProgress<long>
{
    long _filesFound;
    long _filesToHash;
    long _bytesToHash;
    long _filesHashed;
    long _bytesHashed;
    long _retries;
    int _busy;

    /// <summary>Files that the scan under way has found so far.</summary>
    public long FilesFound => Interlocked.Read(ref _filesFound);

    /// <summary>Files of this round whose root is not known yet, or was not when it began.</summary>
    public long FilesToHash => Interlocked.Read(ref _filesToHash);

    public long BytesToHash => Interlocked.Read(ref _bytesToHash);

    public long FilesHashed => Interlocked.Read(ref _filesHashed);

    public long BytesHashed => Interlocked.Read(ref _bytesHashed);

    /// <summary>Files that are being written and will be looked at again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Whether a scan or hashing is under way.</summary>
    public bool IsBusy => Volatile.Read(ref _busy) != 0;

    /// <summary>A round begins: nothing is found or hashed yet.</summary>
    public void Begin()
    {
        Interlocked.Exchange(ref _filesFound, 0);
        Interlocked.Exchange(ref _filesToHash, 0);
        Interlocked.Exchange(ref _bytesToHash, 0);
        Interlocked.Exchange(ref _filesHashed, 0);
        Interlocked.Exchange(ref _bytesHashed, 0);
        Volatile.Write(ref _busy, 1);
    }

    public void Found() => Interlocked.Increment(ref _filesFound);

    public void MustHash(long length)
    {
        Interlocked.Increment(ref _filesToHash);
        Interlocked.Add(ref _bytesToHash, length);
    }

    /// <summary>So many bytes more are hashed.</summary>
    public void Report(long value) => Interlocked.Add(ref _bytesHashed, value);

    public void Hashed() => Interlocked.Increment(ref _filesHashed);

    /// <summary>The round is over, but for files to be looked at again.</summary>
    public void End(int retries)
    {
        Interlocked.Exchange(ref _retries, retries);
        Volatile.Write(ref _busy, 0);
    }
}
