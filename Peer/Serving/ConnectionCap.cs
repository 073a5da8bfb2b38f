using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using P2P.Content;

namespace P2P.Peers.Serving;

/// <summary>Closes the connections that one address has too many of, before a byte of them is read.</summary>
sealed class ConnectionCap(int perAddress)
{
    readonly AddressCounts _open = new(perAddress);

    public void AddTo(ListenOptions endpoint) => endpoint.Use(next => connection => OnConnectionAsync(connection, next));

    async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        using var place = _open.TryEnter((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);
        if (place is null)
        {
            connection.Abort(new ConnectionAbortedException("Too many connections from one address."));
            return;
        }

        await next(connection).ConfigureAwait(false);
    }
}
