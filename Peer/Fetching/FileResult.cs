using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>What became of one file.</summary>
/// <param name="Target">Where it is, or would be.</param>
/// <param name="Content">What it is.</param>
/// <param name="Resumed">Bytes that were here from an earlier run; the whole length if the finished file was.</param>
/// <param name="Sources">Who was asked, and what they did.</param>
/// <param name="Problem">Why it is not finished; null if it is.</param>
public sealed record FileResult(string Target, ContentId Content, long Resumed, IReadOnlyList<FetchSource> Sources, FetchProblem? Problem);

/// <summary>Why a file is not finished.</summary>
/// <param name="Kind">What to do about it.</param>
/// <param name="Message">Whole sentences; may hold foreign text.</param>
public sealed record FetchProblem(FetchProblemKind Kind, string Message);

/// <summary>Kinds of unfinished downloads.</summary>
public enum FetchProblemKind
{
    /// <summary>Nobody has it, or nobody any more.</summary>
    NotThere,

    /// <summary>Who has it does not answer, or is busy.</summary>
    Unavailable,

    /// <summary>Who has it says no.</summary>
    Refused,

    /// <summary>Only wrong bytes came.</summary>
    WrongBytes,

    /// <summary>The disk refused.</summary>
    Disk,

    /// <summary>Something else has the name.</summary>
    NameTaken,
}
