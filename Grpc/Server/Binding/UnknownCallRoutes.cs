using Grpc.AspNetCore.Server.Calls;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>
/// Routes that answer UNIMPLEMENTED to gRPC calls of unknown methods (one route per service) and unknown services (one per
/// application). They match nothing but gRPC requests, so that other end points are not hidden.
/// </summary>
sealed class UnknownCallRoutes(ILogger<UnknownCallRoutes> logger)
{
    const string Parameter = "unknownMethod";

    static readonly RouteValueDictionary s_constraint = new() { [Parameter] = new GrpcRequestConstraint() };

    readonly HashSet<(object Builder, string Pattern)> _mapped = [];

    public void Map(IEndpointRouteBuilder builder, List<MethodRoute> routes)
    {
        foreach (var route in routes)
        {
            Add(builder, $"{route.Method.ServiceName}/{{{Parameter}}}", "The method does not exist.");
        }
        Add(builder, $"{{service}}/{{{Parameter}}}", "The service does not exist.");
    }

    // Conventions of a service, such as RequireAuthorization, do not reach these routes: what does not exist needs no permission.
    void Add(IEndpointRouteBuilder builder, string pattern, string detail)
    {
        if (_mapped.Add((builder, pattern)))
        {
            builder.Map(RoutePatternFactory.Parse(pattern, defaults: null, s_constraint), context => AnswerAsync(context, detail))
                .WithDisplayName($"gRPC - {pattern}");
        }
    }

    Task AnswerAsync(HttpContext context, string detail)
    {
        GrpcServerLog.UnknownCall(logger);
        GrpcResponse.SetTrailersOnly(context.Response, new Status(StatusCode.Unimplemented, detail));
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
        && GrpcRequest.HasGrpcContentType(httpContext.Request);
}
