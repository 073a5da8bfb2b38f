using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>The one place where a reason not to serve becomes a status. Its sentences may be shown to strangers.</summary>
static class CatalogRefusal
{
    // Room comes back as the tickets of the last minute and a half run out.
    static readonly TimeSpan TicketBusy = TimeSpan.FromSeconds(5);

    const string Domain = "p2p.catalog.v1";
    const string Prefix = "ERROR_REASON_";

    static readonly EnumDescriptor Reasons = CatalogReflection.Descriptor.FindTypeByName<EnumDescriptor>(nameof(ErrorReason));

    public static Status NoSuchContent { get; } =
        Of(StatusCode.NotFound, ErrorReason.NoSuchContent, "This peer does not share that.");

    public static Status Changed { get; } =
        Of(StatusCode.FailedPrecondition, ErrorReason.Changed, "The file has changed since it was published; it is being published anew.");

    public static Status Unreadable { get; } =
        Of(StatusCode.Unavailable, ErrorReason.Unreadable, "The file cannot be read now.");

    public static Status NotHereYet { get; } = Retry(
        Of(StatusCode.Unavailable, ErrorReason.NotHereYet, "Of this content there is only a part here yet, and not that."), TimeSpan.FromSeconds(2));

    public static Status OutOfRange { get; } =
        new() { Code = (int)StatusCode.OutOfRange, Message = "The range goes past the end of the content." };

    public static Status AmbiguousContent(IEnumerable<long> lengths) => Of(
        StatusCode.FailedPrecondition, ErrorReason.AmbiguousContent, "Contents of several lengths have that root: name the length.",
        ("lengths", string.Join(',', lengths)));

    public static Status AmbiguousName(IEnumerable<string> roots) => Of(
        StatusCode.FailedPrecondition, ErrorReason.AmbiguousName, "Several contents have that name: name the root, or the whole path.",
        ("roots", string.Join(',', roots)));

    public static Status NoSlot(TimeSpan retryAfter) => Retry(
        Of(StatusCode.ResourceExhausted, ErrorReason.NoSlot, "All upload slots of this peer are taken."), retryAfter);

    public static Status TooManyStreams(TimeSpan retryAfter) => Retry(
        Of(StatusCode.ResourceExhausted, ErrorReason.NoSlot, "As many streams are open here from that address as one may have."), retryAfter);

    public static Status Queued(QueuePlace place) => Retry(
        Of(StatusCode.ResourceExhausted, ErrorReason.NoSlot, $"All upload slots of this peer are taken; yours is place {place.Number} in the queue.",
            ("queue_position", $"{place.Number}")),
        place.Wait);

    public static Status InboxClosed { get; } =
        Of(StatusCode.PermissionDenied, ErrorReason.InboxClosed, "This peer does not accept uploads; its owner opens an inbox with: peer share --accept any");

    public static Status InboxFull { get; } =
        Of(StatusCode.ResourceExhausted, ErrorReason.InboxFull, "The inbox of this peer is full.");

    public static Status Unwritable { get; } =
        Of(StatusCode.Unavailable, ErrorReason.Unreadable, "The inbox cannot be written to now.");

    public static Status RootMismatch { get; } =
        Of(StatusCode.DataLoss, ErrorReason.RootMismatch, "The bytes do not have the root that the header names.");

    public static Status UploadOffset(long offset) => Of(
        StatusCode.FailedPrecondition, ErrorReason.UploadOffset, $"The upload goes on at byte {offset}.", ("offset", $"{offset}"));

    public static Status UploadIncomplete(long offset) => Of(
        StatusCode.FailedPrecondition, ErrorReason.UploadOffset, $"The upload ended before the file did. It goes on at byte {offset}.",
        ("offset", $"{offset}"));

    public static Status NoTicket { get; } = Of(
        StatusCode.PermissionDenied, ErrorReason.TicketRefused, "This peer serves the members of its directory: show a ticket, which the directory's Locate gives.");

    public static Status SearchElsewhere { get; } = Of(
        StatusCode.PermissionDenied, ErrorReason.TicketRefused, "This peer's list of names is for its own machine; search at the directory.");

    static Status NotForYou { get; } = Of(
        StatusCode.PermissionDenied, ErrorReason.InboxClosed, "This peer accepts uploads of accounts that its owner has named, and yours is none of them.");

    public static Status Ticket(TicketRefusal refusal) => refusal == TicketRefusal.OtherUser ? NotForYou
        : refusal == TicketRefusal.Busy
        ? Retry(Of(StatusCode.ResourceExhausted, ErrorReason.TicketRefused, "Too many tickets were redeemed here just now."), TicketBusy)
        : Of(StatusCode.PermissionDenied, ErrorReason.TicketRefused, Sentence(refusal), ("why", refusal.ToString()));

    static string Sentence(TicketRefusal refusal) => refusal switch
    {
        TicketRefusal.Expired => "The ticket's time is over.",
        TicketRefusal.NotYetValid => "The ticket's time has not come.",
        TicketRefusal.Replayed => "The ticket was used already.",
        TicketRefusal.OtherAudience => "The ticket is for another peer.",
        TicketRefusal.OtherSubject => "The ticket is for another key than that of this connection.",
        TicketRefusal.OtherRoot or TicketRefusal.OtherLength => "The ticket is for another content.",
        TicketRefusal.OtherUse => "The ticket is for the other direction.",
        TicketRefusal.UnknownKey => "The ticket is of no directory that this peer knows.",
        _ => "That is no ticket.",
    };

    static Status Of(StatusCode code, ErrorReason reason, string message, params (string Name, string Value)[] metadata)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = Reasons.FindValueByNumber((int)reason).Name[Prefix.Length..] };
        foreach (var (name, value) in metadata)
        {
            info.Metadata.Add(name, value);
        }

        return new Status { Code = (int)code, Message = message, Details = { Any.Pack(info) } };
    }

    static Status Retry(Status status, TimeSpan after)
    {
        status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(after) }));
        return status;
    }
}
