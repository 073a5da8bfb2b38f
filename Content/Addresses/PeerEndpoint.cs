using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace P2P.Content;

/// <summary>
/// Where a peer is reached: a literal address, never a name. An IPv4 address that came in IPv6 clothes is plain IPv4 here,
/// so that equal end points are equal.
/// </summary>
public readonly record struct PeerEndpoint
{
    /// <param name="address">IPv4 or IPv6, without a scope.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="secure">TLS with the peer's pinned key, as against cleartext.</param>
    public PeerEndpoint(IPAddress address, int port, bool secure)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        Address = Normalize(address);
        Port = port;
        Secure = secure;
    }

    public IPAddress Address { get; }

    public int Port { get; }

    public bool Secure { get; }

    /// <summary><c>http://1.2.3.4:5001</c>, <c>https://[2001:db8::1]:5001</c>.</summary>
    public string Url => (Secure ? "https://" : "http://") + HostAndPort;

    /// <summary><c>1.2.3.4:5001</c>, <c>[2001:db8::1]:5001</c>.</summary>
    public string HostAndPort => new IPEndPoint(Address, Port).ToString();

    /// <summary>Reads what <see cref="HostAndPort"/> writes; also <c>localhost</c> as host.</summary>
    public static bool TryParseHostAndPort(string text, bool secure, out PeerEndpoint endpoint)
    {
        endpoint = default;
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !TryParsePort(text.AsSpan(colon + 1), out int port) || !TryParseHost(text[..colon], out IPAddress? address))
            return false;
        endpoint = new PeerEndpoint(address!, port, secure);
        return true;
    }

    /// <summary>
    /// Reads a literal address or <c>localhost</c>. IPv4 only as four decimal numbers: what a C library makes of
    /// <c>127.1</c>, <c>0x7f.1</c> or <c>010.0.0.1</c> is an old way around address filters.
    /// </summary>
    public static bool TryParseAddress(string text, out IPAddress? address)
    {
        if (text.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            address = IPAddress.Loopback;
            return true;
        }

        bool good = IPAddress.TryParse(text, out address) && !text.AsSpan().ContainsAny("%[]")
            && (address!.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text);
        address = good ? Normalize(address!) : null;
        return good;
    }

    public override string ToString() => Url;

    internal static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= IPEndPoint.MaxPort;

    internal static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    // IPv6 stands in brackets, for without them its last group cannot be told from a port.
    static bool TryParseHost(string host, out IPAddress? address)
    {
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        return TryParseAddress(bracketed ? host[1..^1] : host, out address)
            && bracketed == host.Contains(':', StringComparison.Ordinal);
    }
}
