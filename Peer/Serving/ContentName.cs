using P2P.Content;

namespace P2P.Peers.Serving;

/// <summary>How a request names a content, and the ticket that it shows for it.</summary>
/// <param name="Root">The root; null where it names a path.</param>
/// <param name="Length">The length, if it says so.</param>
/// <param name="Path">A base name or a whole path; null where it names a root.</param>
/// <param name="Ticket">Empty for none.</param>
readonly record struct ContentName(string? Root, long? Length, string? Path, string Ticket)
{
    /// <summary>The content, where root and length say it.</summary>
    public ContentId? Content => Root is not null && Length is { } length ? new ContentId(ContentRoot.Parse(Root), length) : null;
}
