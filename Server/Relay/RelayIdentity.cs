using P2P.Content;
using P2P.Server.Hosting;

namespace P2P.Server.Relay;

/// <summary>
/// Who the directory is to the peers that it downloads from: the key of the certificate that it made itself, or, where it serves without
/// one or with one that others vouch for, a key for this alone, which it keeps in its data folder.
/// </summary>
sealed class RelayIdentity : IDisposable
{
    public const string CertificateFile = "relay-certificate.pem";
    public const string KeyFile = "relay-key.pem";

    readonly bool _isShared;

    RelayIdentity(NodeIdentity node, bool isShared)
    {
        Node = node;
        _isShared = isShared;
    }

    public NodeIdentity Node { get; }

    /// <exception cref="StartRefusedException">The key cannot be read or kept.</exception>
    public static RelayIdentity Open(string dataFolder, DirectoryCertificate? certificate, TimeProvider time)
    {
        if (certificate?.Own is { } own)
        {
            return new RelayIdentity(own, isShared: true);
        }

        try
        {
            var files = new IdentityFiles(Path.Combine(dataFolder, KeyFile), Path.Combine(dataFolder, CertificateFile));
            return new RelayIdentity(NodeIdentity.Open(files, [], time), isShared: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(ExitCodes.Store, $"The key for downloads from peers cannot be used: {exception.Message}");
        }
    }

    public void Dispose()
    {
        if (!_isShared)
        {
            Node.Dispose();
        }
    }
}
