using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>
/// Chooses the endpoint of a transcoded request before ASP.NET Core's routing, which then leaves it alone; authorization, CORS and what
/// else reads endpoint metadata work as ever. What nobody answers, here or in the rest of the pipeline, gets google.rpc.Status.
/// </summary>
sealed class TranscodingMiddleware(RequestDelegate next, TranscodingRoutes routes, JsonCodec codec, ILogger<TranscodingMiddleware> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (GrpcHeaders.IsGrpc(context.Request.ContentType) || MethodOf(context) is not null)
        {
            return next(context);
        }
        var found = routes.Find(context, context.Request.Method);
        if (found.IsMalformed)
        {
            return ErrorAnswer.WriteAsync(
                context, codec, StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, "The path is not percent-encoded UTF-8.");
        }
        if (found.Route is { } route)
        {
            context.Features.Set(new RouteMatch(found.Values));
            context.SetEndpoint(route.Target);
        }
        else if (found.Allow is not null && PreflightMethod(context.Request) is { } asked)
        {
            context.SetEndpoint(routes.Find(context, asked).Route?.Target);
        }
        return RunAsync(context, found.Allow);
    }

    async Task RunAsync(HttpContext context, string? allow)
    {
        var response = context.Response;
        try
        {
            await next(context);
        }
        catch (Exception exception) when (MethodOf(context) is { } method && !response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            JsonLog.PipelineThrew(logger, method.FullName, exception);
            response.Clear();
            response.StatusCode = StatusCodes.Status500InternalServerError;
        }
        if (response.HasStarted || response.StatusCode < 400 || response.ContentType is not null || response.ContentLength > 0)
        {
            return;
        }
        var isOurs = MethodOf(context) is not null;
        var (status, code, message) = Describe(response.StatusCode == StatusCodes.Status404NotFound && allow is not null && !isOurs
            ? StatusCodes.Status405MethodNotAllowed
            : response.StatusCode);
        if (!isOurs && status is not (StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed))
        {
            return;
        }
        if (status == StatusCodes.Status405MethodNotAllowed && allow is not null)
        {
            response.Headers.Allow = allow;
        }
        await ErrorAnswer.WriteAsync(context, codec, status, code, message);
    }

    static MethodDescriptor? MethodOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()?.MethodDescriptor;

    // What middleware (authorization, CORS, rate limits) or routing decided, in words.
    static (int Status, StatusCode Code, string Message) Describe(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => (status, StatusCode.Unauthenticated, "The call needs credentials."),
        StatusCodes.Status403Forbidden => (status, StatusCode.PermissionDenied, "The call is not allowed with these credentials."),
        StatusCodes.Status404NotFound => (status, StatusCode.NotFound, "There is nothing at this path."),
        StatusCodes.Status405MethodNotAllowed => (status, StatusCode.Unimplemented, "The HTTP method is not allowed at this path."),
        StatusCodes.Status413PayloadTooLarge => (status, StatusCode.ResourceExhausted, "The request is too large."),
        StatusCodes.Status429TooManyRequests => (status, StatusCode.ResourceExhausted, "There are too many requests."),
        StatusCodes.Status503ServiceUnavailable => (status, StatusCode.Unavailable, "The service is not available."),
        < 500 => (status, StatusCode.InvalidArgument, "The request was refused."),
        _ => (status, StatusCode.Unknown, "The request failed."),
    };

    static string? PreflightMethod(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0
        && request.Headers.AccessControlRequestMethod is { Count: 1 } method
            ? method.ToString()
            : null;
}

/// <summary>The request feature that tells a handler what the path gave to its template's variables.</summary>
sealed record RouteMatch(string[] Values);

/// <summary>Puts the middleware before everything else, and refuses to start with rules that clash.</summary>
sealed class TranscodingStartupFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<TranscodingMiddleware>();
        next(app);
        // By now all end points are mapped.
        app.ApplicationServices.GetRequiredService<TranscodingRoutes>().Check();
    };
}
