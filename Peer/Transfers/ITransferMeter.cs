namespace P2P.Peers.Transfers;

/// <summary>How far a transfer is, as others may ask at any time.</summary>
public interface ITransferMeter
{
    /// <summary>Bytes that are there.</summary>
    long Done { get; }

    /// <summary>Bytes of all files known so far.</summary>
    long Total { get; }

    /// <summary>Files that are there.</summary>
    int FilesDone { get; }

    /// <summary>All files known so far.</summary>
    int Files { get; }
}
