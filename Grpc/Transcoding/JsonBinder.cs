using System.Reflection;
using Google.Api;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Binding;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Is told of every method of a service, and adds its JSON routes.</summary>
sealed class JsonBinder<TService>(
    ServiceMethodProviderContext<TService> context, Type generatedBase, ServiceDescriptor service, JsonCodec codec,
    GrpcJsonTranscodingOptions options, TimeProvider time, ILogger logger) : ServiceBinderBase
    where TService : class
{
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, global::Grpc.Core.UnaryServerMethod<TRequest, TResponse>? handler) =>
        Add(method, [typeof(TRequest), typeof(ServerCallContext)], (target, settings) =>
            new UnaryJsonHandler<TService, TRequest, TResponse>(
                new(target.CreateDelegate<UnaryServerMethod<TService, TRequest, TResponse>>(), context.Options), settings));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, global::Grpc.Core.ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Add(method, [typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)], (target, settings) =>
            new ServerStreamingJsonHandler<TService, TRequest, TResponse>(
                new(target.CreateDelegate<ServerStreamingServerMethod<TService, TRequest, TResponse>>(), context.Options), settings));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, global::Grpc.Core.ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        Add(method, [typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)], (target, settings) =>
            new ClientStreamingJsonHandler<TService, TRequest, TResponse>(
                new(target.CreateDelegate<ClientStreamingServerMethod<TService, TRequest, TResponse>>(), context.Options), settings));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, global::Grpc.Core.DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        if (Rule(service.FindMethodByName(method.Name)) is not null)
        {
            JsonLog.DuplexIgnored(logger, method.FullName);
        }
    }

    void Add<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Type[] parameters, Func<MethodInfo, JsonCallSettings, JsonCallHandler> create)
        where TRequest : class where TResponse : class
    {
        var descriptor = service.FindMethodByName(method.Name);
        if (Rule(descriptor) is not { } first)
        {
            return;
        }
        var target = ServiceBinding.FindHandler(typeof(TService), generatedBase, method, parameters);
        foreach (var rule in first.AdditionalBindings.Prepend(first))
        {
            if (rule.PatternCase != HttpRule.PatternOneofCase.None)
            {
                var reader = new RequestReader(new HttpBinding(rule, descriptor, codec, options.MaxDepth), codec, options);
                var handler = create(target, new(method, reader, codec, context.Options, time, logger));
                context.AddMethod(method, Pattern(reader.Binding), Metadata(target, descriptor, rule, reader.Binding.Verb), handler.HandleAsync);
            }
        }
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
