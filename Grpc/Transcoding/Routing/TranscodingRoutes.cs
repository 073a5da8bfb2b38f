using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>The table of all transcoded endpoints of the application, made anew when these change.</summary>
sealed class TranscodingRoutes : IDisposable
{
    readonly EndpointDataSource _endpoints;
    readonly IDisposable _changes;
    volatile RouteTable<Endpoint>? _table;

    public TranscodingRoutes(EndpointDataSource endpoints)
    {
        _endpoints = endpoints;
        _changes = ChangeToken.OnChange(endpoints.GetChangeToken, () => _table = null);
    }

    public RouteResult<Endpoint> Find(HttpContext context, string method) => (_table ??= Build()).Find(method, RawPath(context));

    public void Dispose() => _changes.Dispose();

    RouteTable<Endpoint> Build()
    {
        var routes = new List<Route<Endpoint>>();
        foreach (var endpoint in _endpoints.Endpoints)
        {
            if (endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } metadata && HttpBinding.Pattern(metadata.HttpRule) is var (verb, path))
            {
                routes.Add(new(verb, RouteTemplate.Parse(path), endpoint));
            }
        }
        return new RouteTable<Endpoint>(routes);
    }

    /// <summary>
    /// The path as it came. Request.Path will not do: it is decoded, and cannot tell a%2Fb from a%252Fb. Behind a path base it has to.
    /// </summary>
    static ReadOnlySpan<char> RawPath(HttpContext context)
    {
        if (context.Request.PathBase.HasValue || context.Features.Get<IHttpRequestFeature>()?.RawTarget is not { } target)
        {
            return context.Request.Path.ToUriComponent();
        }
        var path = target.AsSpan();
        if (path.IndexOf("://") is > 0 and var scheme && path.IndexOf('/') > scheme)
        {
            // A proxy's form of a request: http://host/path.
            path = path[(scheme + 3)..];
            path = path.IndexOf('/') is >= 0 and var slash ? path[slash..] : "/";
        }
        var query = path.IndexOf('?');
        return query < 0 ? path : path[..query];
    }
}
