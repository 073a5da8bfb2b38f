using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace P2P.Content;

/// <summary>Why a source did not deliver.</summary>
public enum FetchFault
{
    /// <summary>It does not have the content or the path (any more).</summary>
    NotThere,

    /// <summary>It says that its file is no longer what it published.</summary>
    Changed,

    /// <summary>It says no: no ticket, no permission.</summary>
    Refused,

    /// <summary>It wants a ticket, or another one.</summary>
    TicketRefused,

    /// <summary>It has no slot free; see <see cref="FetchFailure.RetryAfter"/>.</summary>
    Busy,

    /// <summary>The connection could not be made or broke, or the source cannot serve now.</summary>
    Unavailable,

    /// <summary>Nothing, or next to nothing, came for too long.</summary>
    Silent,

    /// <summary>Its bytes or hashes do not lead to the root.</summary>
    WrongBytes,

    /// <summary>Fewer or more bytes than it was asked for, others than those, or an answer that makes no sense.</summary>
    Misbehaved,
}

/// <summary>A source's failure, as a result.</summary>
/// <param name="Fault">What happened.</param>
/// <param name="Message">A sentence, in which what the source said is free of control characters and short.</param>
/// <param name="Block">The first 16 KiB block that is wrong, where one was found out.</param>
/// <param name="RetryAfter">When a busy source may be asked again, if it says so.</param>
public sealed record FetchFailure(FetchFault Fault, string Message, long? Block = null, TimeSpan? RetryAfter = null)
{
    const int MaxQuote = 200;

    /// <summary>The source is to be dropped for good: honest ones never do this.</summary>
    public bool IsLie => Fault is FetchFault.WrongBytes or FetchFault.Misbehaved;

    internal static FetchFailure Of(RpcException error) =>
        error.GetRpcStatus() is { } status && status.Code == (int)error.StatusCode
            ? Of(status)
            : Of(new Status { Code = (int)error.StatusCode, Message = error.Status.Detail });

    internal static FetchFailure Of(Status status)
    {
        StatusCode code = (StatusCode)status.Code;
        string reason = status.GetDetail<ErrorInfo>()?.Reason ?? "";
        FetchFault fault = code switch
        {
            StatusCode.FailedPrecondition when reason == "CHANGED" => FetchFault.Changed,
            StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.OutOfRange => FetchFault.NotThere,
            StatusCode.PermissionDenied when reason == "TICKET_REFUSED" => FetchFault.TicketRefused,
            StatusCode.PermissionDenied or StatusCode.Unauthenticated => FetchFault.Refused,
            StatusCode.ResourceExhausted => FetchFault.Busy,
            StatusCode.DataLoss => FetchFault.Changed,
            StatusCode.Unimplemented or StatusCode.InvalidArgument or StatusCode.OK => FetchFault.Misbehaved,
            _ => FetchFault.Unavailable,
        };
        return new FetchFailure(fault, $"The source answered {code}: {Quote(status.Message)}", RetryAfter: Times.ReadWait(status.GetDetail<RetryInfo>()?.RetryDelay));
    }

    // The source may write anything here; it is shown to people.
    static string Quote(string text)
    {
        string quote = text.Length > MaxQuote ? text[..MaxQuote] : text;
        return string.Concat(quote.Select(c => char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format ? ' ' : c));
    }
}
