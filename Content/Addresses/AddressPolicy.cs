using System.Net;

namespace P2P.Content;

/// <summary>What is wrong with a field of a request, safe to show to a stranger.</summary>
public readonly record struct AddressViolation(string Field, string Description);

/// <summary>The end point that a request names, or all that is wrong with it.</summary>
public sealed record AddressReading(PeerEndpoint? Endpoint, IReadOnlyList<AddressViolation> Violations);

/// <summary>
/// Reads the three fields with which a request names a peer: <c>ip</c>, <c>url</c>, <c>port</c>. The address is <c>ip</c>,
/// else the one that the call came from; <c>url</c> gives the scheme and, where <c>port</c> does not, the port. The host in
/// <c>url</c> is never looked at, let alone resolved.
/// </summary>
public static class AddressPolicy
{
    const string BadUrl = "Give http://HOST or https://HOST, with or without :PORT, and nothing after it.";

    /// <summary>Reads the address of a peer that logs in.</summary>
    /// <param name="ip">Null or empty for the caller's own.</param>
    /// <param name="url">Null or empty for cleartext at <paramref name="port"/>.</param>
    /// <param name="port">Null or 0 where <paramref name="url"/> gives it.</param>
    /// <param name="caller">Address from which the call came.</param>
    public static AddressReading Read(string? ip, string? url, int? port, IPAddress caller)
    {
        List<AddressViolation> violations = [];
        IPAddress? address = PeerEndpoint.Normalize(caller);
        if (!string.IsNullOrEmpty(ip) && !PeerEndpoint.TryParseAddress(ip, out address))
            violations.Add(new("ip", "Give a literal IPv4 or IPv6 address."));
        (bool secure, int? urlPort) = ReadUrl(url, violations);
        int? chosen = ChoosePort(port is 0 ? null : port, urlPort, violations);
        PeerEndpoint? endpoint = violations.Count == 0 ? new PeerEndpoint(address!, chosen!.Value, secure) : null;
        return new AddressReading(endpoint, violations);
    }

    /// <summary>Reads the address that selects a peer, where <c>ip</c> and <c>url</c> come together or not at all.</summary>
    /// <returns>Neither an end point nor violations where neither field is given.</returns>
    public static AddressReading ReadPair(string? ip, string? url)
    {
        return (string.IsNullOrEmpty(ip), string.IsNullOrEmpty(url)) switch
        {
            (true, true) => new AddressReading(null, []),
            (true, false) => new AddressReading(null, [new("ip", "Give ip together with url.")]),
            (false, true) => new AddressReading(null, [new("url", "Give url together with ip.")]),
            _ => Read(ip, url, null, IPAddress.None),
        };
    }

    static (bool Secure, int? Port) ReadUrl(string? url, List<AddressViolation> violations)
    {
        if (string.IsNullOrEmpty(url))
            return (false, null);
        if (TryReadUrl(url, out bool secure, out int? port))
            return (secure, port);
        violations.Add(new("url", BadUrl));
        return (false, null);
    }

    // By hand, for System.Uri cannot tell a port that was given from the scheme's own.
    static bool TryReadUrl(string url, out bool secure, out int? port)
    {
        port = null;
        secure = url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (!secure && !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            return false;
        ReadOnlySpan<char> rest = url.AsSpan(secure ? 8 : 7);
        if (rest.EndsWith("/"))
            rest = rest[..^1];
        int colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf(']'))
        {
            if (!PeerEndpoint.TryParsePort(rest[(colon + 1)..], out int value))
                return false;
            port = value;
            rest = rest[..colon];
        }

        return IsHost(rest);
    }

    static bool IsHost(ReadOnlySpan<char> host)
    {
        if (host.StartsWith("[") && host.EndsWith("]"))
            return PeerEndpoint.TryParseAddress(host[1..^1].ToString(), out _);
        return host.Length is > 0 and <= 253 && !host.ContainsAnyExcept(HostCharacters);
    }

    static readonly System.Buffers.SearchValues<char> HostCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    static int? ChoosePort(int? port, int? urlPort, List<AddressViolation> violations)
    {
        if (port is < 1 or > IPEndPoint.MaxPort)
            violations.Add(new("port", "A port is between 1 and 65535."));
        else if (port is not null && urlPort is not null && port != urlPort)
            violations.Add(new("port", "Port and the port in url differ."));
        else if (port is null && urlPort is null && violations.All(v => v.Field != "url"))
            violations.Add(new("port", "Give the port, here or in url."));
        return port ?? urlPort;
    }
}
