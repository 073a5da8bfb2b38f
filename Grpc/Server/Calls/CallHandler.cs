using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// The calls of one method in one wire format: 1. open the call, 2. read, invoke and answer as the kind of the method and the format
/// demand, 3. turn a failure into a status, 4. end the call.
/// </summary>
sealed class CallHandler<TCall>(
    IMethod method, TimeProvider time, Func<HttpContext, TCall> open, Func<TCall, ValueTask> invoke) where TCall : HttpCallContext
{
    readonly bool _streamsRequests = method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming;
    readonly CallTelemetry _telemetry = new(method, time);

    public async Task RunAsync(HttpContext httpContext)
    {
        // 1.
        var started = _telemetry.Start();
        LiftLimits(httpContext.Features);
        using var call = open(httpContext);
        httpContext.Features.Set<IServerCallContextFeature>(call);
        try
        {
            // 2.
            call.Start();
            await invoke(call);
        }
        catch (Exception exception)
        {
            // 3.
            call.Fail(exception);
        }
        // 4.
        await call.EndAsync();
        _telemetry.End(httpContext, call.Status.StatusCode, started);
    }

    /// <summary>Messages have their own limit, and a stream may be long or silent for as long as it likes.</summary>
    void LiftLimits(IFeatureCollection features)
    {
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
        if (_streamsRequests && features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }
}
