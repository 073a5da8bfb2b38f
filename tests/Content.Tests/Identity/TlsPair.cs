using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace P2P.Content.Tests.Identity;

/// <summary>What became of one connection on which both sides send as soon as they may.</summary>
/// <param name="ServerRead">Application bytes that the server's side was given.</param>
/// <param name="ClientRead">Application bytes that the client's side was given.</param>
/// <param name="Refusal">Why the client ended the handshake.</param>
readonly record struct TlsOutcome(int ServerRead, int ClientRead, CertificateRefusal Refusal = CertificateRefusal.None);

/// <summary>A client and a server over a real socket on loopback.</summary>
static class TlsPair
{
    static readonly byte[] Hello = "application"u8.ToArray();

    public static int HelloLength => Hello.Length;

    /// <param name="server">Null for a server that speaks no TLS.</param>
    /// <param name="client">The client.</param>
    public static async Task<TlsOutcome> ConnectAsync(SslServerAuthenticationOptions? server, SslClientAuthenticationOptions client)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using TcpClient dialled = new();
        await dialled.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using TcpClient accepted = await listener.AcceptTcpClientAsync();
        client.TargetHost = "127.0.0.1";
        Task<(int Read, CertificateRefusal Refusal)> served = server is null ? ServeCleartextAsync(accepted) : TalkAsync(accepted, stream => stream.AuthenticateAsServerAsync(server));
        (int answered, CertificateRefusal refusal) = await TalkAsync(dialled, stream => stream.AuthenticateAsClientAsync(client));
        return new TlsOutcome((await served).Read, answered, refusal);
    }

    static async Task<(int Read, CertificateRefusal Refusal)> TalkAsync(TcpClient connection, Func<SslStream, Task> authenticate)
    {
        try
        {
            await using SslStream stream = new(connection.GetStream());
            await authenticate(stream);
            await stream.WriteAsync(Hello);
            return (await stream.ReadAtLeastAsync(new byte[Hello.Length], Hello.Length, throwOnEndOfStream: false), CertificateRefusal.None);
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            return (0, (refused as CertificateRefusedException)?.Refusal ?? CertificateRefusal.None);
        }
    }

    // Counts what is no TLS record of a handshake or an alert: what a client would send to a server that it took for the right one.
    static async Task<(int Read, CertificateRefusal Refusal)> ServeCleartextAsync(TcpClient connection)
    {
        NetworkStream stream = connection.GetStream();
        await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        using MemoryStream sent = new();
        await stream.CopyToAsync(sent);
        return (sent.ToArray().AsSpan().IndexOf(Hello), CertificateRefusal.None);
    }
}
