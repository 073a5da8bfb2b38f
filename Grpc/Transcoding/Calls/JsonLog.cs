namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Logs of transcoding. A method is a name from a descriptor, never what a client sent.</summary>
static partial class JsonLog
{
    [LoggerMessage(101, LogLevel.Error, "{Method}: something before the handler threw.")]
    public static partial void PipelineThrew(ILogger logger, string method, Exception exception);

    [LoggerMessage(102, LogLevel.Warning, "{Method}: a bidirectional stream has no JSON form; its google.api.http rule is ignored.")]
    public static partial void DuplexIgnored(ILogger logger, string method);
}
