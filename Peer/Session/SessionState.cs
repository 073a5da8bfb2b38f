namespace P2P.Peers.Session;

/// <summary>Where the session stands.</summary>
enum SessionPhase
{
    /// <summary>Not logged in; it will be tried.</summary>
    Offline,

    /// <summary>Logged in.</summary>
    Online,

    /// <summary>Out, and not coming back by itself.</summary>
    Stopped,
}

/// <summary>What is to be done next.</summary>
enum SessionAction
{
    Wait,
    Login,
    Heartbeat,
    Publish,
    Stop,
}

/// <summary>The next action, and for <see cref="SessionAction.Wait"/> until when unless the catalog changes before.</summary>
readonly record struct SessionStep(SessionAction Action, DateTimeOffset Until = default);

/// <summary>What the directory says that it holds of this peer's catalog.</summary>
/// <param name="CatalogId">Empty for none.</param>
/// <param name="Sequence">Its last batch.</param>
readonly record struct HeldCatalog(string CatalogId, long Sequence);

/// <summary>The session's state. Immutable; <see cref="SessionPolicy"/> makes the next one.</summary>
sealed record SessionState
{
    public SessionPhase Phase { get; init; } = SessionPhase.Offline;

    /// <summary>Why it is not online, in a sentence; empty if nothing is wrong.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What ended it for good; null unless stopped by a failure.</summary>
    public CallFailure? StoppedBy { get; init; }

    public string Token { get; init; } = "";

    public string PeerId { get; init; } = "";

    public bool IsVerified { get; init; }

    public bool IsReachable { get; init; }

    /// <summary>What the directory last said to hold; null after a publish of unknown outcome.</summary>
    public HeldCatalog? Held { get; init; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>The next Login; while online, no call but a due Heartbeat goes out before.</summary>
    public DateTimeOffset NotBefore { get; init; }

    public DateTimeOffset NextHeartbeat { get; init; }

    public DateTimeOffset LeaseEnds { get; init; }
}
