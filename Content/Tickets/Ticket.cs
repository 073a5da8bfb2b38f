namespace P2P.Content;

/// <summary>
/// The directory's permission for one downloader to fetch one content from one source, redeemed once. As text a JSON Web Token
/// (RFC 7519) in compact form, signed with ES256 (RFC 7518, section 3.4).
/// </summary>
/// <param name="Audience">The source: its <c>peer_id</c>.</param>
/// <param name="Subject">The downloader: the print of the key that it shows in TLS.</param>
/// <param name="Content">What it may fetch.</param>
/// <param name="Nonce">Unique to the ticket (<c>jti</c>), <see cref="NonceLength"/> characters of base64url.</param>
/// <param name="Issued">By the directory's clock, in whole seconds.</param>
/// <param name="Expires">At most <see cref="MostSeconds"/> later.</param>
/// <param name="ForUpload">To put the content into the source's inbox; it fetches nothing, and a ticket to fetch sends nothing.</param>
/// <param name="User">The downloader's account, of a ticket to send; null for one that does not say.</param>
public sealed record Ticket(
    string Audience, string Subject, ContentId Content, string Nonce, DateTimeOffset Issued, DateTimeOffset Expires, bool ForUpload = false,
    string? User = null)
{
    /// <summary>The longest life of a ticket.</summary>
    public const int MostSeconds = 60;

    /// <summary>By how much the clocks of directory and source may differ.</summary>
    public const int ToleranceSeconds = 30;

    /// <summary>128 random bits in base64url.</summary>
    public const int NonceLength = 22;

    /// <summary>Longest text that is looked at; that of <c>ticket</c> fields in the contract.</summary>
    public const int MostCharacters = 4096;

    /// <summary><c>iss</c>: which kind of permission this is. Which directory gave it, its key says.</summary>
    public const string Issuer = "p2p.directory.v1";
}

/// <summary>What a ticket must be for, to count: the source itself, who is at the other end of the connection, what is asked for.</summary>
/// <param name="Audience">The source's own <c>peer_id</c>.</param>
/// <param name="Subject">The print of the key that the downloader proved on this connection; null where none is proved, and the ticket counts for who shows it.</param>
/// <param name="ForUpload">To put it there, as against fetching it.</param>
/// <param name="Users">The accounts of which it must be one; null for any.</param>
public sealed record TicketDemand(
    string Audience, string? Subject, ContentId Content, bool ForUpload = false, IReadOnlySet<string>? Users = null);

/// <summary>Why a ticket does not count.</summary>
public enum TicketRefusal
{
    /// <summary>It counts.</summary>
    None,

    /// <summary>Not a ticket in form, or with a header or claims that tickets do not have.</summary>
    Malformed,

    /// <summary>Of a key that the directory has not published, as far as is known: read its keys again.</summary>
    UnknownKey,

    /// <summary>The signature is not that of these words by that key.</summary>
    Altered,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>Its time has not come, or is longer than tickets last.</summary>
    NotYetValid,

    /// <summary>For another source.</summary>
    OtherAudience,

    /// <summary>For another downloader's key.</summary>
    OtherSubject,

    /// <summary>For another root.</summary>
    OtherRoot,

    /// <summary>For another length.</summary>
    OtherLength,

    /// <summary>To fetch where it is to send, or the other way round.</summary>
    OtherUse,

    /// <summary>Of an account that is none of those asked for.</summary>
    OtherUser,

    /// <summary>Redeemed before.</summary>
    Replayed,

    /// <summary>More tickets are remembered now than there is room for; the ticket may be tried again.</summary>
    Busy,
}
