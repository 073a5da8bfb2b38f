namespace Grpc.Net.Client;

static partial class GrpcClientLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "Call to {Method} ended with {StatusCode}: {Detail}")]
    public static partial void CallFailed(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Attempt {Attempt} of {Method} ended with {StatusCode}; the next starts in {Delay}")]
    public static partial void Retrying(ILogger logger, int attempt, string method, StatusCode statusCode, TimeSpan delay);

    [LoggerMessage(EventId = 3, Level = LogLevel.Debug, Message = "No connection to {Address}")]
    public static partial void ConnectFailed(ILogger logger, Uri address, Exception exception);
}
