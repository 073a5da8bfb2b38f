namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Binds methods whose handlers are delegates.</summary>
sealed class DefinitionBinder<TService>(ServiceMethodProviderContext<TService> context) : ServiceBinderBase where TService : class
{
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Core.UnaryServerMethod<TRequest, TResponse>? handler) =>
        context.AddUnaryMethod(method, Metadata(handler), (_, request, call) => handler!(request, call));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Core.ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        context.AddClientStreamingMethod(method, Metadata(handler), (_, requests, call) => handler!(requests, call));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Core.ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        context.AddServerStreamingMethod(
            method, Metadata(handler), (_, request, responses, call) => handler!(request, responses, call));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, Core.DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        context.AddDuplexStreamingMethod(
            method, Metadata(handler), (_, requests, responses, call) => handler!(requests, responses, call));

    static List<object> Metadata(Delegate? handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return [.. handler.Method.GetCustomAttributes(inherit: true)];
    }
}
