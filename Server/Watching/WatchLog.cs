namespace P2P.Server.Watching;

/// <summary>Logs of watchers.</summary>
static partial class WatchLog
{
    [LoggerMessage(400, LogLevel.Information, "A watcher of {User} did not keep up and was cut off.")]
    public static partial void CutOff(ILogger logger, string user);
}
