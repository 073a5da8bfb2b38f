using System.Net;

namespace P2P.Server.Hosting;

/// <summary>Where the configuration makes Kestrel listen, read before it does.</summary>
/// <param name="LoopbackOnly">Nobody reaches it from another machine.</param>
/// <param name="CleartextOffLoopback">Something can be read on the way.</param>
/// <param name="NeedsCertificate">An https address for which the Kestrel section names no certificate.</param>
sealed record ListenAddresses(bool LoopbackOnly, bool CleartextOffLoopback, bool NeedsCertificate)
{
    public static ListenAddresses Of(IConfiguration configuration)
    {
        var urls = Urls(configuration).Select(BindingAddress.Parse).ToList();
        return new ListenAddresses(
            urls.TrueForAll(IsLoopback),
            urls.Exists(url => !IsLoopback(url) && url.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase)),
            urls.Exists(url => url.Scheme.Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase)) && !HasCertificate(configuration));
    }

    static IEnumerable<string> Urls(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0)
        {
            return endpoints;
        }

        var urls = Split(configuration["urls"]);
        return urls.Length > 0 ? urls :
        [
            .. Split(configuration["http_ports"]).Select(port => $"http://*:{port}"),
            .. Split(configuration["https_ports"]).Select(port => $"https://*:{port}"),
        ];
    }

    static bool HasCertificate(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Certificates:Default").Exists()
        || configuration.GetSection("Kestrel:Endpoints").GetChildren().Any(endpoint => endpoint.GetSection("Certificate").Exists());

    static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    static bool IsLoopback(BindingAddress address) => address.IsUnixPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
