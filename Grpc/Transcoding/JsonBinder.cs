using System.Reflection;
using Google.Api;
using Grpc.AspNetCore.Server.Binding;
using Grpc.AspNetCore.Server.Invocation;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Is told of every method of a service, and adds its JSON routes.</summary>
sealed class JsonBinder<TService>(
    ServiceMethodProviderContext<TService> context, Type generatedBase, ServiceDescriptor service, JsonCodec codec,
    GrpcJsonTranscodingOptions options, TimeProvider time, ILogger logger) : ServiceBinderBase
    where TService : class
{
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        Add(method, [typeof(TRequest), typeof(ServerCallContext)], (target, json) =>
        {
            var invoker = Invokers.Unary(target.CreateDelegate<UnaryServerMethod<TService, TRequest, TResponse>>(), context.Options);
            return async call =>
            {
                var request = await json.ReadAsync<TRequest>(call);
                await json.AnswerAsync(call, await invoker.InvokeAsync(call.HttpContext, call, request));
            };
        });

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Add(method, [typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)], (target, json) =>
        {
            var invoker = Invokers.ServerStreaming(
                target.CreateDelegate<ServerStreamingServerMethod<TService, TRequest, TResponse>>(), context.Options);
            return async call =>
            {
                var request = await json.ReadAsync<TRequest>(call);
                var responses = json.OpenResponses<TResponse>(call);
                await invoker.InvokeAsync(call.HttpContext, call, (request, responses));
                responses.Complete();
                await call.FinishStreamAsync();
            };
        });

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        Add(method, [typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)], (target, json) =>
        {
            var invoker = Invokers.ClientStreaming(
                target.CreateDelegate<ClientStreamingServerMethod<TService, TRequest, TResponse>>(), context.Options);
            return async call =>
            {
                var requests = json.OpenRequests<TRequest>(call);
                var response = await invoker.InvokeAsync(call.HttpContext, call, requests);
                requests.Complete();
                await json.AnswerAsync(call, response);
            };
        });

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        if (Rule(service.FindMethodByName(method.Name)) is not null)
        {
            JsonLog.DuplexIgnored(logger, method.FullName);
        }
    }

    void Add<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Type[] parameters, Func<MethodInfo, JsonExchange, Func<JsonCallContext, ValueTask>> create)
        where TRequest : class where TResponse : class
    {
        var descriptor = service.FindMethodByName(method.Name);
        if (Rule(descriptor) is not { } first)
        {
            return;
        }
        var target = ServiceBinding.FindHandler(typeof(TService), generatedBase, method, parameters);
        foreach (var rule in first.AdditionalBindings.Prepend(first).Where(rule => rule.PatternCase != HttpRule.PatternOneofCase.None))
        {
            var binding = new HttpBinding(rule, descriptor, codec, options.MaxDepth);
            var exchange = new JsonExchange(new RequestReader(binding, codec, options), codec, time, logger);
            var handler = new CallHandler<JsonCallContext>(
                method, time, http => new(http, method, context.Options, time, codec, logger), create(target, exchange));
            context.AddMethod(method, Pattern(binding), Metadata(target, descriptor, rule, binding.Verb), http => HandleAsync(http, handler));
        }
    }

    static Task HandleAsync(HttpContext context, CallHandler<JsonCallContext> handler)
    {
        if (context.Features.Get<RouteMatch>() is not null)
        {
            return handler.RunAsync(context);
        }
        // A preflight request that no CORS policy answered was led here by the method that it asks for.
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        return Task.CompletedTask;
    }

    static HttpRule? Rule(MethodDescriptor? method) => method?.GetOptions()?.GetExtension(AnnotationsExtensions.Http);

    // The pattern is for display alone: the endpoint's path is matched by our own table.
    static RoutePattern Pattern(HttpBinding binding) => RoutePatternFactory.Pattern(binding.Template.Text, Array.Empty<RoutePatternPathSegment>());

    static List<object> Metadata(MethodInfo handler, MethodDescriptor method, HttpRule rule, string verb)
    {
        List<object> metadata =
        [
            .. typeof(TService).GetCustomAttributes(inherit: true),
            .. handler.GetCustomAttributes(inherit: true),
            new GrpcJsonTranscodingMetadata(method, rule),
            new SuppressMatchingMetadata(),
        ];
        if (verb != "*")
        {
            metadata.Add(new HttpMethodMetadata([verb], acceptCorsPreflight: true));
        }
        return metadata;
    }
}
