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

    /// <exception cref="InvalidOperationException">A rule hides another one; all such pairs are named.</exception>
    public void Check()
    {
        var clashes = (_table ??= Build()).Clashes.ConvertAll(clash => $"{NameOf(clash.Hidden)} is hidden by {NameOf(clash.First)}.");
        if (clashes.Count > 0)
        {
            throw new InvalidOperationException("google.api.http rules clash: " + string.Join(" ", clashes));
        }
    }

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

    static string NameOf(Route<Endpoint> route) =>
        $"{route.Method} {route.Template} of {route.Target.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()?.MethodDescriptor.FullName}";

    /// <summary>The path as it came, after the path base. Request.Path will not do: it is decoded, and cannot tell a%2Fb from a%252Fb.</summary>
    static ReadOnlySpan<char> RawPath(HttpContext context)
    {
        var (path, pathBase) = (context.Request.Path, context.Request.PathBase);
        if (context.Features.Get<IHttpRequestFeature>()?.RawTarget is not { } target)
        {
            return path.ToUriComponent();
        }
        var raw = target.AsSpan();
        if (raw.IndexOf("://") is > 0 and var scheme && raw.IndexOf('/') > scheme)
        {
            // A proxy's form of a request: http://host/path.
            raw = raw[(scheme + 3)..];
            raw = raw.IndexOf('/') is >= 0 and var slash ? raw[slash..] : "/";
        }
        raw = raw.IndexOf('?') is >= 0 and var query ? raw[..query] : raw;
        // A base that a proxy took off before is not in the target.
        var isThere = raw.StartsWith(pathBase.ToUriComponent(), StringComparison.OrdinalIgnoreCase);
        return !pathBase.HasValue ? raw
            : isThere && !path.StartsWithSegments(pathBase) ? raw[pathBase.ToUriComponent().Length..] : path.ToUriComponent();
    }
}
