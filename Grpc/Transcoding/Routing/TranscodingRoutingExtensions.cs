namespace Microsoft.AspNetCore.Builder;

/// <summary>For applications with a path base.</summary>
public static class TranscodingRoutingExtensions
{
    /// <summary>
    /// Routes JSON calls once more, for what comes after <c>UsePathBase</c>: routes are found before all other middleware, when the base is
    /// still a part of the path. Call it where the application then calls <c>UseRouting</c>.
    /// </summary>
    public static IApplicationBuilder UseJsonTranscodingRouting(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.UseMiddleware<TranscodingMiddleware>();
    }
}
