using System.Net;
using System.Net.Sockets;
using P2P.Content;

namespace P2P.Server.Dialing;

/// <summary>Tries whether somebody answers at an end point.</summary>
interface IDialProbe
{
    /// <summary>Whether a connection came about before the time was over.</summary>
    Task<bool> AnswersAsync(PeerEndpoint target, TimeSpan limit, CancellationToken cancellationToken);
}

/// <summary>Connects by TCP, sends nothing, and closes.</summary>
sealed class TcpProbe(TimeProvider time) : IDialProbe
{
    public async Task<bool> AnswersAsync(PeerEndpoint target, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using var socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(target.Address, target.Port), either.Token).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            // Refused, no way there, or no socket to be had: what was to be found out.
            return false;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
