using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// The request delegate of one method: 1. refuse what is no gRPC call, 2. open the call, 3. read, invoke and write as the kind of
/// the method demands, 4. turn a failure into a status, 5. end the call.
/// </summary>
abstract class CallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodOptions options, TimeProvider time, ILogger logger)
    where TRequest : class where TResponse : class
{
    readonly bool _streamsRequests = StreamsRequests(method);
    readonly CallTelemetry _telemetry = new(method, time);

    protected Func<DeserializationContext, TRequest> Deserializer { get; } =
        (StreamsRequests(method) ? options.BorrowedBytes.Find<TRequest>() : null) ?? method.RequestMarshaller.ContextualDeserializer;

    protected Action<TResponse, SerializationContext> Serializer { get; } = method.ResponseMarshaller.ContextualSerializer;

    public Task HandleAsync(HttpContext httpContext)
    {
        // 1.
        if (GrpcRequest.Check(httpContext.Request) is var refusal and not 0)
        {
            GrpcServerLog.Refused(logger, method.FullName, refusal);
            GrpcResponse.Refuse(httpContext.Response, refusal);
            return Task.CompletedTask;
        }
        // Routing ignores case and a trailing slash; gRPC does not.
        if (!httpContext.Request.Path.Value!.EndsWith(method.FullName, StringComparison.Ordinal))
        {
            GrpcResponse.SetTrailersOnly(httpContext.Response, new Status(StatusCode.Unimplemented, "The method does not exist."));
            return Task.CompletedTask;
        }
        return RunAsync(httpContext);
    }

    /// <summary>3. Reads, invokes and writes.</summary>
    protected abstract ValueTask InvokeAsync(GrpcCallContext call);

    async Task RunAsync(HttpContext httpContext)
    {
        // 2.
        var started = _telemetry.Start();
        LiftLimits(httpContext.Features);
        using var call = new GrpcCallContext(httpContext, method, options, time, logger);
        httpContext.Features.Set<IServerCallContextFeature>(call);
        try
        {
            call.Start();
            await InvokeAsync(call);
        }
        catch (Exception exception)
        {
            // 4.
            call.Fail(exception, logger);
        }
        // 5.
        await call.EndAsync();
        _telemetry.End(httpContext, call.Status.StatusCode, started);
    }

    static bool StreamsRequests(Method<TRequest, TResponse> method) => method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming;

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
