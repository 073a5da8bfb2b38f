namespace P2P.Peers.Session;

static partial class SessionLog
{
    [LoggerMessage(1, LogLevel.Information, "Logged in to {Directory} as {User}; peer {PeerId}")]
    public static partial void LoggedIn(ILogger log, Uri directory, string user, string peerId);

    [LoggerMessage(2, LogLevel.Warning, "{Reason} It is tried again until it works.")]
    public static partial void WillRetry(ILogger log, string reason);

    [LoggerMessage(3, LogLevel.Information, "{Reason} Logging in again.")]
    public static partial void LogsInAgain(ILogger log, string reason);

    [LoggerMessage(4, LogLevel.Error, "{Reason}")]
    public static partial void Stopped(ILogger log, string reason);

    [LoggerMessage(5, LogLevel.Information, "Published {Batches} batches; the directory has {Files} files of this peer")]
    public static partial void Published(ILogger log, int batches, int files);

    [LoggerMessage(7, LogLevel.Warning, "The keys that the directory signs tickets with could not be read ({Reason}); until they are, nobody new is let in.")]
    public static partial void KeysNotRead(ILogger log, string reason);

    [LoggerMessage(6, LogLevel.Warning, "The directory did not answer the logout; the session ends with its lease.")]
    public static partial void LogoutUnanswered(ILogger log, Exception error);
}
