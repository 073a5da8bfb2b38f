using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Connections;
using P2P.Content;

namespace P2P.Server.Hosting;

/// <summary>How many connections there may be.</summary>
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
}

/// <summary>Closes the connections that one address has too many of, before a byte of them is read.</summary>
sealed class ConnectionCap(ConnectionOptions options, IReadOnlyCollection<IPAddress> proxies)
{
    readonly ConcurrentDictionary<IPAddress, int> _open = new();

    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (options.PerAddress == 0 || (connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address || IsProxy(address))
        {
            await next(connection).ConfigureAwait(false);
            return;
        }

        var key = AddressGroup.Of(address);
        try
        {
            if (_open.AddOrUpdate(key, 1, (_, count) => count + 1) <= options.PerAddress)
            {
                await next(connection).ConfigureAwait(false);
            }
            else
            {
                connection.Abort(new ConnectionAbortedException("Too many connections from one address."));
            }
        }
        finally
        {
            Leave(key);
        }
    }

    bool IsProxy(IPAddress address) => proxies.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    void Leave(IPAddress key)
    {
        if (_open.AddOrUpdate(key, 0, (_, count) => count - 1) <= 0)
        {
            // Only as long as it is 0: another connection may have come between.
            _open.TryRemove(KeyValuePair.Create(key, 0));
        }
    }
}
