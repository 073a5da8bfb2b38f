using System.Reflection;
using System.Runtime.CompilerServices;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Adds the gRPC routes of a service: through the generated <c>BindService</c>, or from a definition bound to delegates.</summary>
sealed class BinderServiceMethodProvider<TService> : IServiceMethodProvider<TService> where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        if (context.Definition is { } definition)
        {
            BindService(definition, new DefinitionBinder<TService>(context));
            return;
        }
        var (generatedBase, bind) = ServiceBinding.Find(typeof(TService)) ?? throw new InvalidOperationException(
            $"{typeof(TService)} does not derive from a generated service base: no [BindServiceMethod] was found.");
        bind.Invoke(null, [new ReflectionBinder<TService>(context, generatedBase), null]);
    }

    // The abstractions keep this internal to the official server; there is no public way to read a definition.
    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    static extern void BindService(ServerServiceDefinition definition, ServiceBinderBase binder);
}

/// <summary>Finds the handler of each method in the service class, and its attributes, which become end-point metadata.</summary>
sealed class ReflectionBinder<TService>(ServiceMethodProviderContext<TService> context, Type generatedBase) : ServiceBinderBase
    where TService : class
{
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Core.UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var target = FindHandler(method, typeof(TRequest), typeof(ServerCallContext));
        context.AddUnaryMethod(
            method, Metadata(target), target.CreateDelegate<Model.UnaryServerMethod<TService, TRequest, TResponse>>());
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Core.ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = FindHandler(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        context.AddClientStreamingMethod(
            method, Metadata(target), target.CreateDelegate<Model.ClientStreamingServerMethod<TService, TRequest, TResponse>>());
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Core.ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = FindHandler(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        context.AddServerStreamingMethod(
            method, Metadata(target), target.CreateDelegate<Model.ServerStreamingServerMethod<TService, TRequest, TResponse>>());
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Core.DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = FindHandler(
            method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        context.AddDuplexStreamingMethod(
            method, Metadata(target), target.CreateDelegate<Model.DuplexStreamingServerMethod<TService, TRequest, TResponse>>());
    }

    MethodInfo FindHandler(IMethod method, params Type[] parameters) =>
        ServiceBinding.FindHandler(typeof(TService), generatedBase, method, parameters);

    static List<object> Metadata(MethodInfo handler) =>
        [.. typeof(TService).GetCustomAttributes(inherit: true), .. handler.GetCustomAttributes(inherit: true)];
}
