using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using P2P.Content;
using P2P.Server.Relay;

namespace P2P.Server.Dialing;

/// <summary>Tries whether a peer answers at an end point.</summary>
interface IDialProbe
{
    /// <summary>Whether it did before the time was over.</summary>
    /// <param name="target">Where.</param>
    /// <param name="print">Of the key that it must prove over TLS; null where a connection is enough.</param>
    /// <param name="limit">The time.</param>
    /// <param name="cancellationToken">Ends the try.</param>
    Task<bool> AnswersAsync(PeerEndpoint target, string? print, TimeSpan limit, CancellationToken cancellationToken);
}

/// <summary>
/// Connects by TCP and closes. Over TLS the handshake comes between, as that of a download: the directory shows its own key, and takes that of
/// the peer only. Of the application no byte is sent.
/// </summary>
sealed class DialProbe(RelayIdentity own, TimeProvider time) : IDialProbe
{
    public async Task<bool> AnswersAsync(PeerEndpoint target, string? print, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using var socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(target.Address, target.Port), either.Token).ConfigureAwait(false);
            if (print is not null)
            {
                using var tls = new SslStream(new NetworkStream(socket));
                await tls.AuthenticateAsClientAsync(PinnedTls.Client(print, own.Node, time), either.Token).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException)
        {
            // Refused, no way there, no socket to be had; no TLS, or another's key: what was to be found out.
            return false;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
