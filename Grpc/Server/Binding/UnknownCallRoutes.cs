using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>
/// A route of each application that answers UNIMPLEMENTED to gRPC calls of what no other route knows. It matches nothing but gRPC
/// requests, so that other end points are not hidden.
/// </summary>
sealed class UnknownCallRoutes(ILogger<UnknownCallRoutes> logger)
{
    const string Pattern = "{**path}";

    static readonly RouteValueDictionary s_constraint = new() { ["path"] = new GrpcRequestConstraint() };

    readonly HashSet<object> _mapped = [];

    // Conventions of a service, such as RequireAuthorization, do not reach it: what does not exist needs no permission.
    public void Map(IEndpointRouteBuilder builder)
    {
        if (_mapped.Add(builder))
        {
            builder.Map(RoutePatternFactory.Parse(Pattern, defaults: null, s_constraint), AnswerAsync).WithDisplayName("gRPC - unknown");
        }
    }

    Task AnswerAsync(HttpContext context)
    {
        GrpcServerLog.UnknownCall(logger);
        GrpcResponse.SetTrailersOnly(context.Response, new Status(StatusCode.Unimplemented, "The service or method does not exist."));
        return Task.CompletedTask;
    }
}

/// <summary>Lets a route match only what is a gRPC request.</summary>
sealed class GrpcRequestConstraint : IRouteConstraint
{
    public bool Match(
        HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null
        && HttpMethods.IsPost(httpContext.Request.Method)
        && GrpcHeaders.IsGrpc(httpContext.Request.ContentType);
}
