namespace P2P.Peers.Fetching;

/// <summary>Why a source did not deliver.</summary>
public enum SourceFaultKind
{
    /// <summary>Its bytes or hashes do not lead to the root. It is never asked again.</summary>
    WrongBytes,

    /// <summary>It broke the protocol: offsets, lengths or messages that were not asked for. It is never asked again.</summary>
    Misbehaved,

    /// <summary>It says that it does not have the content, or that the file changed. Nothing more to ask it for.</summary>
    NotThere,

    /// <summary>It says no: no ticket, no permission.</summary>
    Refused,

    /// <summary>It is busy and asks to come back later.</summary>
    Busy,

    /// <summary>The connection could not be made, or broke.</summary>
    Vanished,

    /// <summary>Nothing came for too long.</summary>
    Silent,
}

/// <summary>A source's failure, as a result.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Message">A sentence without the source's name; may hold foreign text.</param>
/// <param name="RetryAfter">When a busy source may be asked again.</param>
public sealed record SourceFault(SourceFaultKind Kind, string Message, TimeSpan? RetryAfter = null)
{
    /// <summary>The source is to be dropped for good and named.</summary>
    public bool IsLie => Kind is SourceFaultKind.WrongBytes or SourceFaultKind.Misbehaved;
}
