using System.Net;

namespace P2P.Server.Calls;

/// <summary>
/// Addresses that a peer may name as its own though its Login comes from another one: where the operator knows that machines call from
/// elsewhere than they are reached. What must never be dialled stays refused in them.
/// </summary>
sealed record ForeignAddresses(IReadOnlyList<IPNetwork> Networks)
{
    public bool Contains(IPAddress address) => Networks.Any(network => network.Contains(address));
}
