namespace P2P.Server.Dialing;

/// <summary>What the dials to a peer came to.</summary>
/// <param name="Answered">Whether the last one was answered: then the peer is reachable.</param>
/// <param name="Failures">Dials that were not, since the peer's Login.</param>
/// <param name="Last">Timestamp of the last one.</param>
sealed record DialHistory(bool Answered, int Failures, long Last)
{
    static readonly TimeSpan FirstWait = TimeSpan.FromMinutes(1);
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(16);

    /// <summary>It has not been dialled.</summary>
    public static DialHistory None { get; } = new(false, 0, 0);

    /// <summary>It answered, when and whoever dialled.</summary>
    public static DialHistory Reached { get; } = new(true, 0, 0);

    public DialHistory With(bool answered, long now) => new(answered, answered ? 0 : Failures + 1, now);

    /// <summary>
    /// Whether to dial again unasked. A daemon listens before it logs in: what did not answer then is behind a firewall, and is tried
    /// again after one minute, two, four, up to sixteen. A declared peer is a program of anyone's that may start to listen only after its
    /// login, and is tried once more at once.
    /// </summary>
    /// <param name="isDeclared">It proved no key.</param>
    /// <param name="sinceLast">Time since the last dial.</param>
    public bool IsDue(bool isDeclared, TimeSpan sinceLast)
    {
        var counted = isDeclared ? Failures - 1 : Failures;
        if (Answered || counted <= 0)
        {
            return !Answered;
        }

        var wait = FirstWait * Math.Pow(2, Math.Min(counted - 1, 10));
        return sinceLast >= (wait < LongestWait ? wait : LongestWait);
    }
}
