namespace P2P.Peers.Sharing;

static partial class SharingLog
{
    [LoggerMessage(1, LogLevel.Warning,
        "{Folder} cannot be watched for changes ({Reason}). It is rescanned every minute instead. On Linux, raising fs.inotify.max_user_watches helps.")]
    public static partial void NotWatched(ILogger log, string folder, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{Count} entries are not shared ({Reason}), for example {Example}")]
    public static partial void Skipped(ILogger log, int count, SkipReason reason, string example);

    [LoggerMessage(3, LogLevel.Error, "Looking at the shared folders failed; it is tried again.")]
    public static partial void UpdateFailed(ILogger log, Exception error);
}
