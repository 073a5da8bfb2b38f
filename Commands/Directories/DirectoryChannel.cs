using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace P2P.Commands;

/// <summary>Opens the connection to the directory.</summary>
public static class DirectoryChannel
{
    /// <param name="settings">Which directory, and how it is known.</param>
    /// <param name="tell">Told what is remembered of a directory that is met for the first time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Null for no logs.</param>
    /// <exception cref="IOException">What is remembered of directories cannot be read.</exception>
    public static GrpcChannel Open(ClientSettings settings, Action<string> tell, TimeProvider time, ILoggerFactory? loggers = null)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, AllowAutoRedirect = false, UseCookies = false };
        if (settings.Directory.Scheme == Uri.UriSchemeHttps)
        {
            var known = new KnownDirectories(settings.KnownDirectories);
            handler.SslOptions = new DirectoryTrust(settings.Directory, settings.DirectoryPrint, known, tell, time).Options();
        }

        return GrpcChannel.ForAddress(
            settings.Directory, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, LoggerFactory = loggers });
    }
}
