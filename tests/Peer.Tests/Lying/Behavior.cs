namespace P2P.Peers.Tests.Lying;

/// <summary>What a test's source does when it is asked for bytes.</summary>
public enum Behavior
{
    Honest,

    /// <summary>One bit of one block is wrong.</summary>
    FlippedBit,

    /// <summary>Honest for half a megabyte, then one bit of a block is wrong each time.</summary>
    TurnsLiar,

    /// <summary>Two blocks changed places.</summary>
    SwappedBlocks,

    /// <summary>The stream ends well before the range does.</summary>
    Short,

    /// <summary>More bytes than the range has.</summary>
    Long,

    /// <summary>Bytes without end.</summary>
    Endless,

    /// <summary>Takes the request and sends nothing.</summary>
    Silent,

    /// <summary>A byte at a time, for as long as one listens.</summary>
    Trickling,

    /// <summary>Answers with another content: its hashes and its bytes.</summary>
    OtherContent,

    /// <summary>Right bytes, hashes of another content.</summary>
    ForeignProof,

    /// <summary>Breaks the connection after a megabyte, and from then on before every message.</summary>
    DropsMidway,

    /// <summary>Right bytes that claim another place.</summary>
    WrongOffset,

    /// <summary>Answers for another range than was asked for.</summary>
    WrongRange,

    /// <summary>Says that the file changed.</summary>
    Changed,

    /// <summary>Has no slot, and never will.</summary>
    Busy,
}
