using Grpc.Core;

namespace P2P.Peers.Session;

/// <summary>Why a call to the directory failed, as far as the session cares.</summary>
/// <param name="Code">The status.</param>
/// <param name="Reason">`ErrorInfo.reason`; empty if there is none.</param>
/// <param name="Message">A sentence.</param>
/// <param name="RetryDelay">How long the directory asks us to wait; null if it does not say.</param>
sealed record CallFailure(StatusCode Code, string Reason, string Message, TimeSpan? RetryDelay = null)
{
    // Of no directory's reasons, for it is ours.
    const string Untrusted = "UNTRUSTED_DIRECTORY";

    /// <summary>The session is not known: log in again.</summary>
    public bool IsSessionUnknown => Code == StatusCode.Unauthenticated && !IsSentAway;

    /// <summary>Someone ended the session on purpose: stay out.</summary>
    public bool IsSentAway => Code == StatusCode.Unauthenticated && Reason is "LOGGED_OUT" or "REPLACED";

    /// <summary>The same call later may do better.</summary>
    public bool IsTransient => Code is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded
        or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.Aborted;

    /// <summary>Who answers is not the directory that was named or known.</summary>
    public bool IsUntrusted => Reason == Untrusted;

    public static CallFailure Of(RpcException error) => RpcFailures.UntrustedDirectory(error) is { } untrusted
        ? new(StatusCode.FailedPrecondition, Untrusted, untrusted.Message)
        : new(error.StatusCode, RpcFailures.ReasonOf(error), error.Status.Detail, RpcFailures.RetryDelayOf(error));
}
