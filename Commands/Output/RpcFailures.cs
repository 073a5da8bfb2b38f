using Google.Rpc;
using Grpc.Core;
using P2P.Content;
using Status = Google.Rpc.Status;

namespace P2P.Commands;

/// <summary>The one place that turns a failed call into a sentence and an exit code.</summary>
public static class RpcFailures
{
    /// <param name="error">What the call ended with.</param>
    /// <param name="who">Who was called, at the beginning of a sentence: <c>The directory</c>.</param>
    public static CommandException Explain(RpcException error, string who)
    {
        if (UntrustedDirectory(error) is { } untrusted)
            return new CommandException(ExitCodes.Untrusted, untrusted.Message, error);
        Status? status = error.GetRpcStatus();
        string reason = ReasonOf(error);
        string said = Said(error, status);
        return error.StatusCode switch
        {
            StatusCode.InvalidArgument => new(ExitCodes.Usage, $"{who} does not take this: {said}", error),
            StatusCode.Unauthenticated when reason is "TOKEN_REQUIRED" =>
                new(ExitCodes.Refused, $"{who} answers members only: give --user and a password.", error),
            StatusCode.Unauthenticated or StatusCode.PermissionDenied => new(ExitCodes.Refused, $"{who} refuses: {said}", error),
            StatusCode.NotFound => new(ExitCodes.NotFound, said, error),
            StatusCode.FailedPrecondition when reason.StartsWith("AMBIGUOUS", StringComparison.Ordinal) =>
                new(ExitCodes.Ambiguous, said, error),
            StatusCode.AlreadyExists => new(ExitCodes.Exists, $"{who} refuses: {said}", error),
            StatusCode.DataLoss => new(ExitCodes.Damaged, said, error),
            StatusCode.Unavailable => new(ExitCodes.Unavailable, $"{who} does not answer: {said}", error),
            StatusCode.DeadlineExceeded => new(ExitCodes.Unavailable, $"{who} did not answer in time.", error),
            StatusCode.ResourceExhausted => new(ExitCodes.Unavailable, $"{who} is busy: {said}{RetryAfter(error)}", error),
            StatusCode.Unimplemented => new(ExitCodes.Failed, $"{who} does not know this call; is it a P2P.Transcoded of this version?", error),
            _ => new(ExitCodes.Failed, $"{who} failed: {said}", error),
        };
    }

    /// <summary><c>ErrorInfo.reason</c>, empty if there is none.</summary>
    public static string ReasonOf(RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? "";

    /// <summary>How long the other side asks to wait; null if it does not say.</summary>
    public static TimeSpan? RetryDelayOf(RpcException error) =>
        Times.ReadWait(error.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay);

    /// <summary>The directory's key ended the handshake; null if that is not what happened.</summary>
    public static UntrustedDirectoryException? UntrustedDirectory(RpcException error)
    {
        Exception? cause = error.Status.DebugException;
        while (cause is not (null or UntrustedDirectoryException))
            cause = cause.InnerException;
        return cause as UntrustedDirectoryException;
    }

    static string Said(RpcException error, Status? status)
    {
        BadRequest? bad = status?.GetDetail<BadRequest>();
        if (bad is { FieldViolations.Count: > 0 })
            return string.Join("; ", bad.FieldViolations.Select(v => $"{v.Field}: {v.Description}"));
        string detail = error.Status.Detail;
        return detail.Length == 0 ? $"{error.StatusCode}." : detail;
    }

    static string RetryAfter(RpcException error) => RetryDelayOf(error) is { } delay ? $" Try again in {Quantity.Time(delay)}." : "";
}
