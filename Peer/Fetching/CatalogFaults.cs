using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Fetching;

/// <summary>What a failed call to a peer says about it.</summary>
static class CatalogFaults
{
    public static SourceFault Of(RpcException error) => error.GetRpcStatus() is { } status && status.Code == (int)error.StatusCode
        ? Of(status)
        : Of(new Status { Code = (int)error.StatusCode, Message = error.Status.Detail });

    public static SourceFault Of(Status status)
    {
        string said = status.Message.Length > 0 ? status.Message : ((StatusCode)status.Code).ToString();
        TimeSpan? retry = status.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
        return new SourceFault(KindOf((StatusCode)status.Code), said, retry);
    }

    static SourceFaultKind KindOf(StatusCode code) => code switch
    {
        StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.DataLoss or StatusCode.OutOfRange => SourceFaultKind.NotThere,
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => SourceFaultKind.Refused,
        StatusCode.ResourceExhausted => SourceFaultKind.Busy,
        StatusCode.Unimplemented or StatusCode.InvalidArgument => SourceFaultKind.Misbehaved,
        _ => SourceFaultKind.Vanished,
    };
}
