using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Grpc.AspNetCore.Server.OnePort;

/// <summary>
/// Makes one connection HTTP/2. Kestrel decides by end point, unless a connection carries this feature, which its own TLS
/// callbacks set and which is not public. The public way is a second end point for each, with a transport that moves connections
/// between them: end points, limits and metrics would then no longer be those that the operator configured.
/// </summary>
static class Http2Choice
{
    const string FeatureName = "Microsoft.AspNetCore.Server.Kestrel.Core.Internal.HttpProtocolsFeature";

    static readonly Type s_type = typeof(KestrelServerOptions).Assembly.GetType(FeatureName)
        ?? throw new NotSupportedException($"This version of Kestrel has no {FeatureName}.");

    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicConstructors, FeatureName, "Microsoft.AspNetCore.Server.Kestrel.Core")]
    static readonly object s_http2 = Activator.CreateInstance(s_type, HttpProtocols.Http2)!;

    public static void Set(ConnectionContext connection) => connection.Features[s_type] = s_http2;
}
