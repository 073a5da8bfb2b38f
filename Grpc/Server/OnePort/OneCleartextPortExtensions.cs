using Grpc.AspNetCore.Server.OnePort;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>
/// Serves HTTP/1.1 and HTTP/2 with prior knowledge on the same cleartext port, which Kestrel by itself does only under TLS. It
/// concerns end points whose protocols are HTTP/1.1 and HTTP/2 (the default); TLS connections pass untouched.
/// </summary>
public static class OneCleartextPortExtensions
{
    /// <summary>Applies to all end points: those of <c>--urls</c>, of the Kestrel section, and those that code adds after this call.</summary>
    /// <param name="builder">The web host.</param>
    /// <param name="endpointDefaults">More defaults of end points: Kestrel keeps one such callback, and this call takes its place.</param>
    public static IWebHostBuilder UseOneCleartextPort(this IWebHostBuilder builder, Action<ListenOptions>? endpointDefaults = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.Configure<KestrelServerOptions>(kestrel =>
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                endpointDefaults?.Invoke(endpoint);
                endpoint.UseOneCleartextPort();
            })));
    }

    /// <summary>Applies to one end point.</summary>
    public static ListenOptions UseOneCleartextPort(this ListenOptions endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        endpoint.Use(next => new ProtocolSelector(endpoint, next).OnConnectionAsync);
        return endpoint;
    }
}
