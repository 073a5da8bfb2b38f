using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace P2P.Content;

/// <summary>Why a certificate does not prove who the other side is.</summary>
public enum CertificateRefusal
{
    /// <summary>It does.</summary>
    None,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>Its key is no P-256 key.</summary>
    NotP256,

    /// <summary>Its key is another than the one expected.</summary>
    OtherKey,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>Its time has not come.</summary>
    NotYetValid,
}

/// <summary>The other side's certificate ended the handshake.</summary>
public sealed class CertificateRefusedException(CertificateRefusal refusal) : AuthenticationException(Sentence(refusal))
{
    public CertificateRefusal Refusal => refusal;

    static string Sentence(CertificateRefusal refusal) => refusal switch
    {
        CertificateRefusal.Missing => "It shows no certificate.",
        CertificateRefusal.NotP256 => "Its key is not of the kind that is used here (P-256).",
        CertificateRefusal.OtherKey => "It is not who it should be: its key is another one.",
        CertificateRefusal.Expired => "The time of its certificate is over.",
        _ => "The time of its certificate has not come; are both clocks right?",
    };
}

/// <summary>
/// The one rule for certificates that are pinned. They are self-signed: the handshake proves that the other side has the key, and the key
/// alone tells who that is. Names and issuers prove nothing and are not looked at.
/// </summary>
public static class CertificateCheck
{
    /// <param name="certificate">What the other side showed.</param>
    /// <param name="print">The key expected; null for any.</param>
    /// <param name="now">The time.</param>
    public static CertificateRefusal Check(X509Certificate? certificate, string? print, DateTimeOffset now)
    {
        if (certificate is not X509Certificate2 known)
            return CertificateRefusal.Missing;
        if (KeyPrint.Of(known) is not { } shown)
            return CertificateRefusal.NotP256;
        if (print is not null && shown != print)
            return CertificateRefusal.OtherKey;
        if (now.UtcDateTime > known.NotAfter.ToUniversalTime())
            return CertificateRefusal.Expired;
        return now.UtcDateTime < known.NotBefore.ToUniversalTime() ? CertificateRefusal.NotYetValid : CertificateRefusal.None;
    }
}
