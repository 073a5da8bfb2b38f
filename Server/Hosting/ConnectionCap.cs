using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Connections;
using P2P.Content;

namespace P2P.Server.Hosting;

/// <summary>How many connections and streams there may be.</summary>
sealed class ConnectionOptions
{
    /// <summary>Connections at once. Default 20,000.</summary>
    [Range(1, 10_000_000)]
    public int Most { get; set; } = 20_000;

    /// <summary>
    /// Connections at once from one address, an IPv6 network of 64 bits being one; each carries at most 100 calls at once over HTTP/2. Of a
    /// proxy that was named the calls of all its clients come from one address: it is not counted. Default 1,000; 0 for no limit.
    /// </summary>
    [Range(0, 10_000_000)]
    public int PerAddress { get; set; } = 1000;

    /// <summary>
    /// Streams at once from one address, over all its connections and of all kinds together; behind a proxy that was named, from the address
    /// that it tells. Many daemons may be behind one router, with a Control line and one or two more streams each. Default 4,000; 0 for no limit.
    /// </summary>
    [Range(0, 10_000_000)]
    public int StreamsPerAddress { get; set; } = 4000;
}

/// <summary>The proxies that the operator named: what comes from them comes from many.</summary>
sealed record TrustedProxies(IReadOnlyCollection<IPAddress> Addresses)
{
    public bool Contains(IPAddress address) => Addresses.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}

/// <summary>Closes the connections that one address has too many of, before a byte of them is read.</summary>
sealed class ConnectionCap(ConnectionOptions options, TrustedProxies proxies)
{
    readonly AddressCounts _open = new(options.PerAddress);

    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if ((connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address || proxies.Contains(address))
        {
            await next(connection).ConfigureAwait(false);
            return;
        }

        using var place = _open.TryEnter(address);
        if (place is not null)
        {
            await next(connection).ConfigureAwait(false);
        }
        else
        {
            connection.Abort(new ConnectionAbortedException("Too many connections from one address."));
        }
    }
}
