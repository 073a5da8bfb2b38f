using System.Net;
using System.Net.Sockets;

namespace P2P.Content;

/// <summary>What counts as one address where strangers are counted.</summary>
public static class AddressGroup
{
    /// <summary>An IPv4 address itself, in whichever form it came; of an IPv6 address the 64 bits that its owner cannot choose.</summary>
    public static IPAddress Of(IPAddress address)
    {
        address = PeerEndpoint.Normalize(address);
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
