using P2P.Content;

namespace P2P.Server.Relay;

/// <summary>Logs of downloads through the directory. Nothing in them is a stranger's free text.</summary>
static partial class RelayLog
{
    [LoggerMessage(300, LogLevel.Warning, "The peer {PeerId} of {User} sent bytes that do not have the root: {Problem}")]
    public static partial void WrongBytes(ILogger logger, string peerId, string user, string problem);

    [LoggerMessage(301, LogLevel.Information, "The peer {PeerId} of {User} failed as a source: {Fault}")]
    public static partial void SourceFailed(ILogger logger, string peerId, string user, FetchFault fault);
}
