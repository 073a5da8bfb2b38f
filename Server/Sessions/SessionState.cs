using P2P.Server.Store;

namespace P2P.Server.Sessions;

/// <summary>What everything that opens or ends sessions works with.</summary>
sealed record SessionState(
    IDirectoryStore Store, KeyedLocks Locks, LeaseBook Leases, LeaseOptions Options, TimeProvider Time)
{
    /// <summary>Renewals that the other directories of a shared store are still to be told of.</summary>
    public RenewalNews News { get; } = new(Store is ISharedStore);
}
