using System.Collections.Immutable;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Store;

/// <summary>One durable fact, complete in itself. A later one of the same key takes the earlier one's place.</summary>
abstract record StoreChange;

/// <summary>A setting of the directory itself: keys it made, switches an operator set.</summary>
sealed record SettingSaved(string Name, byte[] Value) : StoreChange;

/// <summary>An account. Two are equal by reference: lists do not compare.</summary>
/// <param name="PasswordHash">Empty if it has no password.</param>
/// <param name="Keys">Prints of keys with which it logged in.</param>
sealed record AccountSaved(
    string User,
    string PasswordHash,
    Role Role,
    ImmutableArray<string> Groups,
    bool Disabled,
    DateTimeOffset Created,
    ImmutableArray<string> Keys) : StoreChange;

/// <summary>A single-use code, by the SHA-256 of it.</summary>
/// <param name="User">Whose password it sets; empty for a new account of any name.</param>
sealed record InvitationSaved(
    string CodeHash, string User, Role Role, ImmutableArray<string> Groups, DateTimeOffset Expires) : StoreChange;

/// <summary>The code is used up.</summary>
sealed record InvitationSpent(string CodeHash) : StoreChange;

/// <summary>A peer that is barred, or a root that nobody is told of.</summary>
/// <param name="Target">A peer's identifier, or a root.</param>
sealed record BlockSaved(string Target, bool IsRoot, string Reason, string Operator, DateTimeOffset Time) : StoreChange;

/// <summary>The block is no more.</summary>
sealed record BlockLifted(string Target, bool IsRoot) : StoreChange;

/// <summary>What an operator did.</summary>
/// <param name="Id">Unique, and in the order of time.</param>
sealed record AuditSaved(string Id, DateTimeOffset Time, string Operator, string Action, string Target, string Reason) : StoreChange;

/// <summary>An act so old that it is not kept.</summary>
sealed record AuditForgotten(string Id) : StoreChange;

/// <summary>A session, by the SHA-256 of its token.</summary>
/// <param name="Peer">Unset for a reader.</param>
/// <param name="KeyPrint">Of the key that it proved; unset if none.</param>
sealed record SessionSaved(string TokenHash, string User, int LeaseSeconds, PeerInfo? Peer, string? KeyPrint = null) : StoreChange;

/// <summary>A session that ended for a reason that its token is to be told.</summary>
sealed record SessionEnded(string TokenHash, ErrorReason Reason, DateTimeOffset Time) : StoreChange;

/// <summary>A session that is as if it had never been.</summary>
/// <param name="IsRevoked">It was ended on purpose, and did not run out.</param>
sealed record SessionForgotten(string TokenHash, bool IsRevoked = false) : StoreChange;

/// <summary>
/// A batch of a peer's catalog. Batches of one generation add up; a batch with a generation other than the head's is staged, and is
/// not in <see cref="IDirectoryStore.Load"/>.
/// </summary>
sealed record BatchSaved(string PeerId, long Generation, StoredBatch Stored) : StoreChange
{
    public BatchSaved(string peerId, long generation, PublishRequest batch)
        : this(peerId, generation, StoredBatch.Of(batch))
    {
    }

    public BatchSaved(string peerId, long generation, PublishedBatch batch)
        : this(peerId, generation, StoredBatch.Of(batch))
    {
    }

    public PublishRequest Batch => Stored.Message;
}

/// <summary>
/// Where a peer's catalog stands: its generation, name and last batch. Batches of lower generations are deleted with it;
/// those of higher ones are staged, and may become the catalog later.
/// </summary>
sealed record HeadSaved(string PeerId, long Generation, string CatalogId, long Sequence, DateTimeOffset Time) : StoreChange;

/// <summary>Batches that were staged, and that no head will adopt.</summary>
sealed record StagedDropped(string PeerId, long Generation) : StoreChange;

/// <summary>A peer's catalog is gone.</summary>
sealed record CatalogDropped(string PeerId) : StoreChange;

/// <summary>
/// Sessions whose leases began anew. Told to the other directories of a shared store and kept nowhere: after a start every session
/// has a new lease anyway.
/// </summary>
sealed record LeasesRenewed(ImmutableArray<string> TokenHashes) : StoreChange;

/// <summary>
/// Sources are to end what they granted to a key. Told to the other directories of a shared store, which may hold their lines, and kept nowhere.
/// </summary>
/// <param name="Print">The key's.</param>
/// <param name="Sources">Their identifiers; empty for all.</param>
sealed record GrantsRevoked(string Print, ImmutableArray<string> Sources) : StoreChange;
