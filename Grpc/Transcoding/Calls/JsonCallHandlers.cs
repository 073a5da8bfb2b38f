using Grpc.AspNetCore.Server.Invocation;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

sealed class UnaryJsonHandler<TService, TRequest, TResponse>(
    UnaryInvoker<TService, TRequest, TResponse> invoker, JsonCallSettings settings) : JsonCallHandler(settings)
    where TService : class where TRequest : class where TResponse : class
{
    protected override async Task InvokeAsync(JsonCallContext call)
    {
        var request = (TRequest)await Reader.ReadAsync(call);
        var response = await invoker.InvokeAsync(call.HttpContext, call, request);
        await AnswerAsync(call, response);
    }
}

sealed class ServerStreamingJsonHandler<TService, TRequest, TResponse>(
    ServerStreamingInvoker<TService, TRequest, TResponse> invoker, JsonCallSettings settings) : JsonCallHandler(settings)
    where TService : class where TRequest : class where TResponse : class
{
    protected override async Task InvokeAsync(JsonCallContext call)
    {
        var request = (TRequest)await Reader.ReadAsync(call);
        call.Stream = OpenStream(call);
        var responses = new StreamWriter<TResponse>(call.Stream, call);
        await invoker.InvokeAsync(call.HttpContext, call, request, responses);
        responses.Complete();
        await call.FinishStreamAsync();
    }
}

sealed class ClientStreamingJsonHandler<TService, TRequest, TResponse>(
    ClientStreamingInvoker<TService, TRequest, TResponse> invoker, JsonCallSettings settings) : JsonCallHandler(settings)
    where TService : class where TRequest : class where TResponse : class
{
    protected override async Task InvokeAsync(JsonCallContext call)
    {
        var requests = Open(call);
        var response = await invoker.InvokeAsync(call.HttpContext, call, requests);
        requests.Complete();
        await AnswerAsync(call, response);
    }

    RequestStream<TRequest> Open(JsonCallContext call)
    {
        if (Binding.BodyIsBytes)
        {
            return new ByteRequestStream<TRequest>(call, Reader);
        }
        if (!ContentTypes.HasNoBody(call.HttpContext.Request))
        {
            RequestReader.RequireJson(call, stream: true);
        }
        return new LineRequestStream<TRequest>(call, Reader);
    }
}
