using System.Collections.Immutable;
using Google.Protobuf;
using Google.Rpc;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Sessions;

/// <summary>
/// A call that the directory refuses for a reason that the contract lists. One place (<see cref="Calls.RefusalInterceptor"/>) turns it
/// into a status.
/// </summary>
/// <param name="reason">Which of the contract's reasons.</param>
/// <param name="message">A sentence that is safe to show to a stranger.</param>
sealed class RefusalException(ErrorReason reason, string message) : Exception(message)
{
    public ErrorReason Reason { get; } = reason;

    /// <summary>More of something than the directory keeps for one account, peer or address.</summary>
    public static RefusalException Quota(string subject, string sentence, params ImmutableArray<IMessage> more) => new(ErrorReason.Quota, sentence)
    {
        Details = [new QuotaFailure { Violations = { new QuotaFailure.Types.Violation { Subject = subject, Description = sentence } } }, .. more],
    };

    /// <summary>Of ErrorInfo, as the contract names it for the reason.</summary>
    public ImmutableDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Further details: RetryInfo, QuotaFailure.</summary>
    public ImmutableArray<IMessage> Details { get; init; } = [];
}
