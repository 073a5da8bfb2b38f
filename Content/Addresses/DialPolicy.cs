using System.Net;
using System.Net.Sockets;

namespace P2P.Content;

/// <summary>Why an end point is not dialled.</summary>
public enum DialRefusal
{
    /// <summary>It may be dialled.</summary>
    None,
    Loopback,
    LinkLocal,

    /// <summary>An address at which clouds hand out credentials to their machines.</summary>
    Metadata,
    Multicast,

    /// <summary>Unspecified, broadcast, or reserved for protocols.</summary>
    Reserved,

    /// <summary>An IPv6 address that stands for an IPv4 one behind a translator.</summary>
    Translated,

    /// <summary>Below 1024, where the services of the system listen.</summary>
    LowPort,
}

/// <summary>
/// What may be dialled on the word of another machine. Private networks may: the program is made for them.
/// </summary>
/// <param name="AllowLoopback">For a directory that is itself bound to loopback.</param>
/// <param name="AllowLowPorts">For closed networks whose operator says so.</param>
public sealed record DialPolicy(bool AllowLoopback = false, bool AllowLowPorts = false)
{
    static readonly (IPNetwork Network, DialRefusal Refusal)[] Refused =
    [
        (IPNetwork.Parse("169.254.169.254/32"), DialRefusal.Metadata),
        (IPNetwork.Parse("100.100.100.200/32"), DialRefusal.Metadata),
        (IPNetwork.Parse("168.63.129.16/32"), DialRefusal.Metadata),
        (IPNetwork.Parse("192.0.0.192/32"), DialRefusal.Metadata),
        (IPNetwork.Parse("fd00:ec2::254/128"), DialRefusal.Metadata),
        (IPNetwork.Parse("169.254.0.0/16"), DialRefusal.LinkLocal),
        (IPNetwork.Parse("fe80::/10"), DialRefusal.LinkLocal),
        (IPNetwork.Parse("224.0.0.0/4"), DialRefusal.Multicast),
        (IPNetwork.Parse("ff00::/8"), DialRefusal.Multicast),
        (IPNetwork.Parse("0.0.0.0/8"), DialRefusal.Reserved),
        (IPNetwork.Parse("192.0.0.0/24"), DialRefusal.Reserved),
        (IPNetwork.Parse("240.0.0.0/4"), DialRefusal.Reserved),
        (IPNetwork.Parse("::/128"), DialRefusal.Reserved),
        (IPNetwork.Parse("::/96"), DialRefusal.Translated),
        (IPNetwork.Parse("::ffff:0:0:0/96"), DialRefusal.Translated),
        (IPNetwork.Parse("64:ff9b::/96"), DialRefusal.Translated),
        (IPNetwork.Parse("64:ff9b:1::/48"), DialRefusal.Translated),
        (IPNetwork.Parse("2001::/32"), DialRefusal.Translated),
        (IPNetwork.Parse("2002::/16"), DialRefusal.Translated),
    ];

    public DialRefusal Check(PeerEndpoint endpoint) => Check(endpoint.Address, endpoint.Port);

    public DialRefusal Check(IPAddress address, int port)
    {
        DialRefusal refusal = Check(address);
        return refusal == DialRefusal.None && port < 1024 && !AllowLowPorts ? DialRefusal.LowPort : refusal;
    }

    DialRefusal Check(IPAddress address)
    {
        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            return DialRefusal.Reserved;
        // First, for the framework takes these for what they map to.
        if (address.IsIPv4MappedToIPv6)
            return DialRefusal.Translated;
        if (IPAddress.IsLoopback(address))
            return AllowLoopback ? DialRefusal.None : DialRefusal.Loopback;
        foreach ((IPNetwork network, DialRefusal refusal) in Refused)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
                return refusal;
        }

        return DialRefusal.None;
    }
}
