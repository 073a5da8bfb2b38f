using P2P.Contracts.DirectoryV1;
using P2P.Peers.Sharing;

namespace P2P.Peers.Session;

/// <summary>
/// What the directory has of this peer's catalog, as far as it confirmed it, and what must be sent so that it has the rest. Used by one
/// loop at a time.
/// </summary>
/// <remarks>
/// The directory commits batch by batch, so a stream that breaks leaves it anywhere between the first batch and the last. What it then
/// says to hold tells how many of the batches sent it applied.
/// </remarks>
/// <param name="access">Who may find which folder; goes with every stream, so that no file is there before it counts.</param>
sealed class PublishedCatalog(IReadOnlyList<ShareAccess> access)
{
    readonly Dictionary<string, SharedFile> _files = new(StringComparer.Ordinal);
    string _catalogId = "";
    long _sequence;
    CatalogSnapshot? _confirmed;
    Sent? _sent;

    /// <summary>Files that the directory has confirmed.</summary>
    public int Count => _files.Count;

    /// <summary>Whether the directory holds what we last knew of, and that is this snapshot.</summary>
    public bool Has(CatalogSnapshot snapshot, HeldCatalog? held)
    {
        if (_catalogId.Length == 0 || held != new HeldCatalog(_catalogId, _sequence))
        {
            return false;
        }

        if (!ReferenceEquals(_confirmed, snapshot) && CatalogDifference.Between(_files, snapshot.Files).IsEmpty)
        {
            _confirmed = snapshot;
        }

        return ReferenceEquals(_confirmed, snapshot);
    }

    /// <summary>The stream to send: differences if the directory holds a state that we know, else everything anew.</summary>
    public IEnumerable<PublishRequest> Plan(CatalogSnapshot snapshot, HeldCatalog held)
    {
        Accept(held);
        var isKnown = _catalogId.Length > 0 && held == new HeldCatalog(_catalogId, _sequence);
        if (!isKnown)
        {
            Forget();
        }

        var batches = PublishBatch.Split(CatalogDifference.Between(_files, snapshot.Files));
        var sent = new Sent(isKnown ? _catalogId : Guid.NewGuid().ToString("N"), isKnown ? _sequence : 0, !isKnown, batches, snapshot);
        _sent = sent;
        return batches.Select((batch, number) =>
        {
            var request = batch.ToRequest(sent.CatalogId, sent.Before + number + 1, sent.IsReplace && number == 0);
            request.Access.Add(number == 0 ? access : []);
            return request;
        });
    }

    /// <summary>The directory says what it holds: takes over those of the sent batches that it has.</summary>
    public void Accept(HeldCatalog held)
    {
        if (_sent is not { } sent || held.CatalogId != sent.CatalogId)
        {
            return;
        }

        // A replacement shows all at once or not at all, a difference batch by batch.
        var applied = held.Sequence - sent.Before;
        if (applied < 0 || applied > sent.Batches.Count || (sent.IsReplace && applied != sent.Batches.Count))
        {
            return;
        }

        foreach (var batch in sent.Batches.Take((int)applied))
        {
            Apply(batch);
        }

        (_catalogId, _sequence, _sent) = (held.CatalogId, held.Sequence, null);
        _confirmed = applied == sent.Batches.Count ? sent.Snapshot : null;
    }

    void Apply(PublishBatch batch)
    {
        foreach (var path in batch.Removes)
        {
            _files.Remove(path);
        }

        foreach (var file in batch.Upserts)
        {
            _files[file.Path] = file;
        }
    }

    void Forget()
    {
        _files.Clear();
        (_catalogId, _sequence, _confirmed) = ("", 0, null);
    }

    sealed record Sent(string CatalogId, long Before, bool IsReplace, IReadOnlyList<PublishBatch> Batches, CatalogSnapshot Snapshot);
}
