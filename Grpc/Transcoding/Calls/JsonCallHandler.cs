using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>What the handlers of one binding share.</summary>
sealed record JsonCallSettings(IMethod Method, RequestReader Reader, JsonCodec Codec, MethodOptions Options, TimeProvider Time, ILogger Logger)
{
    public HttpBinding Binding => Reader.Binding;
}

/// <summary>The request delegate of one HTTP rule: 1. open the call, 2. read, invoke, answer, 3. turn a failure into a status, 4. end the call.</summary>
abstract class JsonCallHandler(JsonCallSettings settings)
{
    readonly bool _streamsRequests = settings.Method.Type is MethodType.ClientStreaming;
    readonly CallTelemetry _telemetry = new(settings.Method, settings.Time);

    protected HttpBinding Binding => settings.Binding;

    protected RequestReader Reader => settings.Reader;

    public async Task HandleAsync(HttpContext httpContext)
    {
        if (httpContext.Features.Get<RouteMatch>() is not { } match)
        {
            // A preflight request that no CORS policy answered was led here by the method that it asks for.
            httpContext.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }
        // 1.
        var started = _telemetry.Start();
        LiftLimits(httpContext.Features);
        var call = new JsonCallContext(httpContext, settings.Method, settings.Options, settings.Time, settings.Codec, settings.Logger)
        {
            RouteValues = match.Values,
        };
        httpContext.Features.Set<IServerCallContextFeature>(call);
        try
        {
            // 2.
            call.Start();
            await InvokeAsync(call);
        }
        catch (BadHttpRequestException exception)
        {
            call.Fail(call.Unreadable(exception), settings.Logger);
        }
        catch (Exception exception)
        {
            // 3.
            call.Fail(exception, settings.Logger);
        }
        // 4.
        await call.EndAsync();
        _telemetry.End(httpContext, call.Status.StatusCode, started);
    }

    /// <summary>2. Reads, invokes and answers.</summary>
    protected abstract Task InvokeAsync(JsonCallContext call);

    /// <summary>Answers with the one response of a call, unless the call has failed.</summary>
    protected async Task AnswerAsync(JsonCallContext call, object? message)
    {
        if (message is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }
        if (call.Status.StatusCode == StatusCode.OK)
        {
            await (Binding.ResponseIsBytes ? AnswerBytesAsync(call, (IMessage)message) : AnswerJsonAsync(call, (IMessage)message));
        }
    }

    async Task AnswerJsonAsync(JsonCallContext call, IMessage message)
    {
        using var buffer = new PooledBuffer(sizeHint: 1024);
        settings.Codec.Write(buffer, message, Binding.ResponseField);
        call.RequireSendable(buffer.Length);
        await call.AnswerAsync(ContentTypes.Json, buffer.WrittenMemory);
    }

    Task AnswerBytesAsync(JsonCallContext call, IMessage message)
    {
        var body = Binding.BodyOf(message);
        call.RequireSendable(body.Data.Length);
        return call.AnswerAsync(body.ContentType.Length > 0 ? body.ContentType : ContentTypes.Bytes, body.Data.Memory);
    }

    /// <summary>The form of a streamed response, as method and client have it.</summary>
    protected MessageStream OpenStream(JsonCallContext call) =>
        Binding.ResponseIsBytes
            ? new ByteStream(call, Binding)
            : new TextStream(call, Binding, ContentTypes.WantsEvents(call.HttpContext.Request), settings.Time, settings.Logger);

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
