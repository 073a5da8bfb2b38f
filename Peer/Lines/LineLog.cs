namespace P2P.Peers.Lines;

static partial class LineLog
{
    [LoggerMessage(20, LogLevel.Information, "The Control line broke ({Reason}); it is opened again.")]
    public static partial void Broke(ILogger log, string reason);

    [LoggerMessage(21, LogLevel.Information, "The directory asks for {Root} of {Length} bytes")]
    public static partial void Fetches(ILogger log, string root, long length);

    [LoggerMessage(23, LogLevel.Information, "A peer that asked for this one over the directory was not reached, or the connection broke: {Reason}")]
    public static partial void NotReached(ILogger log, string reason);

    [LoggerMessage(24, LogLevel.Warning, "A fetch is not shown among the transfers or in the history: {Reason}")]
    public static partial void NotShown(ILogger log, string reason);

    [LoggerMessage(25, LogLevel.Error, "The fetch of {Root} broke off by a fault of this program")]
    public static partial void Faulted(ILogger log, Exception fault, string root);

    [LoggerMessage(22, LogLevel.Information, "{Root}: {State} {Reason}")]
    public static partial void Fetched(ILogger log, string root, string state, string reason);
}
