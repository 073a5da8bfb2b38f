using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;
using P2P.Server.Store;
using Status = Google.Rpc.Status;

namespace P2P.Server.Calls;

/// <summary>The one map from what the directory refuses to what a client gets.</summary>
static class Refusals
{
    const string Domain = "p2p.directory.v1";

    /// <summary>When to try again after the store did not answer: about as long as a standby takes to become the primary.</summary>
    static readonly TimeSpan StorePause = TimeSpan.FromSeconds(2);

    /// <summary>The status of an exception that the directory throws on purpose; null for any other.</summary>
    public static RpcException? ToRpcException(Exception exception) => exception switch
    {
        RefusalException refusal => ToRpcException(refusal),
        OutcomeUnknownException => ToRpcException(new RefusalException(
            ErrorReason.OutcomeUnknown, "A write failed and its outcome is open: read back before trying again.")),
        StoreUnavailableException => ToRpcException(new RefusalException(
            ErrorReason.StoreUnavailable, "The directory's store does not answer; nothing was changed. Try again.")
        {
            Details = [new RetryInfo { RetryDelay = Duration.FromTimeSpan(StorePause) }],
        }),
        StoreReadOnlyException => ToRpcException(new RefusalException(
            ErrorReason.ReadOnly, "The directory answers reads only, since a write failed.")),
        BackupFailedException failure => new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, failure.Message)),
        _ => null,
    };

    static RpcException ToRpcException(RefusalException refusal)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = Name(refusal.Reason), Metadata = { refusal.Metadata } };
        return new Status
        {
            Code = (int)Code(refusal.Reason),
            Message = refusal.Message,
            Details = { refusal.Details.Prepend(info).Select(Any.Pack) },
        }.ToRpcException();
    }

    static StatusCode Code(ErrorReason reason) => reason switch
    {
        ErrorReason.BadCredentials or ErrorReason.SessionUnknown or ErrorReason.LoggedOut or ErrorReason.Replaced
            or ErrorReason.TokenRequired or ErrorReason.BadInvitation => StatusCode.Unauthenticated,
        ErrorReason.NotYours or ErrorReason.NotProven or ErrorReason.RoleRequired or ErrorReason.RegistrationOff
            or ErrorReason.ProofRequired or ErrorReason.ProxyUnknown or ErrorReason.PeerBanned => StatusCode.PermissionDenied,
        ErrorReason.PeerTaken or ErrorReason.AccountExists => StatusCode.AlreadyExists,
        ErrorReason.NoSuchPeer or ErrorReason.NoSuchContent or ErrorReason.NoSuchPath or ErrorReason.NoSuchAccount => StatusCode.NotFound,
        ErrorReason.AmbiguousName or ErrorReason.AmbiguousContent or ErrorReason.SequenceMismatch
            or ErrorReason.FetchOff => StatusCode.FailedPrecondition,
        ErrorReason.NoLiveSource or ErrorReason.OutcomeUnknown or ErrorReason.ReadOnly or ErrorReason.NoControlLine
            or ErrorReason.StoreUnavailable => StatusCode.Unavailable,
        ErrorReason.WrongBytes => StatusCode.DataLoss,
        ErrorReason.RelayBusy or ErrorReason.LoginBusy or ErrorReason.Quota or ErrorReason.SlowWatcher => StatusCode.ResourceExhausted,
        ErrorReason.SequenceGone => StatusCode.OutOfRange,
        ErrorReason.BadPageToken => StatusCode.InvalidArgument,
        _ => StatusCode.Unknown,
    };

    /// <summary>The contract's name without its prefix: BAD_CREDENTIALS.</summary>
    static string Name(ErrorReason reason)
    {
        var value = DirectoryReflection.Descriptor.EnumTypes.Single(type => type.Name == nameof(ErrorReason)).FindValueByNumber((int)reason);
        return value.Name["ERROR_REASON_".Length..];
    }
}
