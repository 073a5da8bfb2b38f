using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The caller's address as gRPC writes it: <c>ipv4:127.0.0.1:5000</c>, <c>ipv6:[::1]:5000</c>.</summary>
static class PeerName
{
    public static string Of(ConnectionInfo connection) => connection.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetwork } address => $"ipv4:{address}:{connection.RemotePort}",
        { IsIPv4MappedToIPv6: true } address => $"ipv4:{address.MapToIPv4()}:{connection.RemotePort}",
        var address => $"ipv6:[{address}]:{connection.RemotePort}",
    };
}

/// <summary>Who the caller proved to be with a client certificate.</summary>
static class PeerIdentity
{
    const string CommonName = "x509_common_name";
    const string SubjectAlternativeName = "x509_subject_alternative_name";

    static readonly AuthContext s_anonymous = new(null, []);

    public static AuthContext Of(ConnectionInfo connection)
    {
        if (connection.ClientCertificate is not { } certificate)
        {
            return s_anonymous;
        }
        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        var name = SubjectAlternativeName;
        Add(properties, SubjectAlternativeName, certificate.GetNameInfo(X509NameType.DnsFromAlternativeName, forIssuer: false));
        Add(properties, CommonName, certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        if (!properties.ContainsKey(name))
        {
            name = properties.ContainsKey(CommonName) ? CommonName : null;
        }
        return new AuthContext(name, properties);
    }

    static void Add(Dictionary<string, List<AuthProperty>> properties, string name, string value)
    {
        if (value.Length > 0)
        {
            properties[name] = [AuthProperty.Create(name, System.Text.Encoding.UTF8.GetBytes(value))];
        }
    }
}
