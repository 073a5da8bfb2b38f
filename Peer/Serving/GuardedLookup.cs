using P2P.Content;

namespace P2P.Peers.Serving;

/// <summary>Finds what requests name, for those who may have it.</summary>
sealed class GuardedLookup(ContentLookup lookup, TicketGate gate)
{
    public async ValueTask<Found> FindAsync(ContentName name, Caller caller, CancellationToken cancellationToken)
    {
        var found = name.Path is { } path ? lookup.ByPath(path) : lookup.ByRoot(name.Root!, name.Length);
        if (gate.IsOpen)
        {
            return found;
        }

        // Who has no ticket learns nothing, not even what there is not.
        ContentId? content = found.Files.Count > 0 ? found.Files[0].Content : name.Content;
        var refusal = content is { } asked
            ? await gate.AdmitAsync(caller, name.Ticket, new GrantedUse(asked, ForUpload: false), cancellationToken).ConfigureAwait(false)
            : CatalogRefusal.NoTicket;
        return refusal is null ? found : Found.Refuse(refusal);
    }

    /// <summary>Whether one that was let in may go on.</summary>
    public bool Holds(Caller caller, ContentId content) => gate.Holds(caller, new GrantedUse(content, ForUpload: false));
}
