using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using P2P.Content;

namespace P2P.Commands;

/// <summary>Who answers is not the directory that was named or known. The message says what to do.</summary>
public sealed class UntrustedDirectoryException(string message) : AuthenticationException(message);

/// <summary>
/// Decides whether who answers at a directory's address is that directory: by the print that the user named; else by what it was known
/// by before; else, at the first contact, by this system's authorities or by the key that it shows, which is then remembered.
/// </summary>
/// <param name="directory">Its address.</param>
/// <param name="named">The print that the user named; null for none.</param>
/// <param name="known">What is remembered.</param>
/// <param name="tell">Told, in a sentence, what was remembered at the first contact.</param>
/// <param name="time">The clock.</param>
public sealed class DirectoryTrust(Uri directory, string? named, KnownDirectories known, Action<string> tell, TimeProvider time)
{
    readonly Lock _lock = new();
    string? _expected;

    /// <summary>For the connection's handler.</summary>
    /// <exception cref="IOException">What is remembered cannot be read.</exception>
    public SslClientAuthenticationOptions Options()
    {
        _expected = named ?? known.Find(directory);
        return PinnedTls.Client(own: null, (_, certificate, _, errors) => Accept(certificate, errors), WithoutDownloads());
    }

    bool Accept(X509Certificate? certificate, SslPolicyErrors errors)
    {
        lock (_lock)
        {
            _expected ??= Meet(certificate, errors);
            if (_expected == KnownDirectories.ByAuthority)
            {
                return errors == SslPolicyErrors.None ? true : throw Changed(KeyPrint.Of(certificate), "a certificate that this system's authorities vouch for");
            }

            return CertificateCheck.Check(certificate, _expected, time.GetUtcNow()) switch
            {
                CertificateRefusal.None => true,
                CertificateRefusal.OtherKey => throw Changed(KeyPrint.Of(certificate), $"the key {_expected}"),
                var refusal => throw Unusable(refusal),
            };
        }
    }

    string Meet(X509Certificate? certificate, SslPolicyErrors errors)
    {
        var isVouchedFor = errors == SslPolicyErrors.None;
        if (!isVouchedFor && CertificateCheck.Check(certificate, print: null, time.GetUtcNow()) is var refusal and not CertificateRefusal.None)
        {
            throw Unusable(refusal);
        }

        var met = isVouchedFor ? KnownDirectories.ByAuthority : KeyPrint.Of(certificate)!;
        known.Add(directory, met);
        if (!isVouchedFor)
        {
            tell($"Met the directory {directory} for the first time; its key is {met}. Compare it with what its operator says. It is remembered in {known.File}.");
        }

        return met;
    }

    UntrustedDirectoryException Changed(string? shown, string before)
    {
        var now = shown is null ? "another key" : $"the key {shown}";
        return named is not null
            ? new($"Who answers at {directory} has {now}, and not {before}, which --directory-print (P2P_DIRECTORY_PRINT) names. Nothing was sent to it. "
                + "Either someone is in between, or the print is an old or mistyped one: ask its operator for it, and name that.")
            : new($"Who answers at {directory} has {now}; so far it was known by {before}. Either someone is in between, or it was set up anew. "
                + $"Nothing was sent to it. Ask its operator for its print. If it is this one, remove the line {KnownDirectories.NameOf(directory)} from "
                + $"{known.File}, or name it once by --directory-print.");
    }

    UntrustedDirectoryException Unusable(CertificateRefusal refusal) =>
        new($"Who answers at {directory} cannot be told. {new CertificateRefusedException(refusal).Message} Nothing was sent to it.");

    // The system's authorities, without going to fetch whatever address a certificate names.
    static X509ChainPolicy WithoutDownloads() => new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
}
