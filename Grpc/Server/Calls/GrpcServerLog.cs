namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Logs of the server. A method is a name from a descriptor, never what a client sent.</summary>
static partial class GrpcServerLog
{
    [LoggerMessage(1, LogLevel.Error, "{Method}: the handler threw.")]
    public static partial void HandlerThrew(ILogger logger, string method, Exception exception);

    [LoggerMessage(2, LogLevel.Debug, "{Method}: answered {StatusCode}, {Detail}")]
    public static partial void RpcFailed(ILogger logger, string method, StatusCode statusCode, string detail);

    [LoggerMessage(3, LogLevel.Debug, "{Method}: the client went away.")]
    public static partial void ClientGone(ILogger logger, string method);

    [LoggerMessage(4, LogLevel.Debug, "{Method}: the request could not be read.")]
    public static partial void RequestUnreadable(ILogger logger, string method, Exception exception);

    [LoggerMessage(5, LogLevel.Debug, "{Method}: the deadline passed.")]
    public static partial void DeadlineExceeded(ILogger logger, string method);

    [LoggerMessage(6, LogLevel.Debug, "{Method}: grpc-timeout is malformed and was ignored.")]
    public static partial void MalformedTimeout(ILogger logger, string method);

    [LoggerMessage(7, LogLevel.Debug, "A call of an unknown service or method was answered UNIMPLEMENTED.")]
    public static partial void UnknownCall(ILogger logger);

    [LoggerMessage(8, LogLevel.Debug, "{Method}: refused with HTTP status {Status}.")]
    public static partial void Refused(ILogger logger, string method, int status);

    [LoggerMessage(9, LogLevel.Debug, "{Service}: {Count} methods mapped.")]
    public static partial void Mapped(ILogger logger, string service, int count);
}
