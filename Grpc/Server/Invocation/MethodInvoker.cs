using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server.Invocation;

/// <summary>Calls one interceptor; what follows it (others, then the handler) is <paramref name="next"/>.</summary>
delegate Task<TResult> Interception<TArguments, TResult>(
    Interceptor interceptor, TArguments arguments, ServerCallContext context, Func<TArguments, ServerCallContext, Task<TResult>> next);

/// <summary>
/// Runs a method: interceptors (global, then the service's), then the handler on a service instance that lives for the call. Every wire
/// format (gRPC, JSON) makes the arguments, calls <see cref="InvokeAsync"/> once, and sends what comes of it. The arguments are the
/// request, or the reader of requests, with the writer of responses where there is one; readers and writers are the wire format's own.
/// </summary>
sealed class MethodInvoker<TService, TArguments, TResult> where TService : class
{
    readonly Func<TService, TArguments, ServerCallContext, Task<TResult>> _handler;
    readonly ServiceActivator<TService> _activator;
    readonly Func<TArguments, ServerCallContext, Task<TResult>>? _pipeline;

    public MethodInvoker(
        Func<TService, TArguments, ServerCallContext, Task<TResult>> handler, Interception<TArguments, TResult> intercept, MethodOptions options)
    {
        _handler = handler;
        _activator = new(options.SuppressCreatingService);
        foreach (var registration in options.Interceptors.AsEnumerable().Reverse())
        {
            var next = _pipeline ?? HandleAsync;
            _pipeline = (arguments, context) => InterceptAsync(registration, intercept, arguments, context, next);
        }
    }

    public Task<TResult> InvokeAsync(HttpContext httpContext, ServerCallContext context, TArguments arguments)
    {
        if (_pipeline is null)
        {
            return HandleAsync(httpContext, arguments, context);
        }
        // Lets GetHttpContext work on a context that an interceptor wrapped.
        httpContext.Items[ServerCallContextExtensions.HttpContextKey] = httpContext;
        return _pipeline(arguments, context);
    }

    // Each call resolves its own interceptors.
    static async Task<TResult> InterceptAsync(
        InterceptorRegistration registration, Interception<TArguments, TResult> intercept, TArguments arguments, ServerCallContext context,
        Func<TArguments, ServerCallContext, Task<TResult>> next)
    {
        var (interceptor, created) = registration.Resolve(context.GetHttpContext().RequestServices);
        try
        {
            return await intercept(interceptor, arguments, context, next);
        }
        finally
        {
            if (created)
            {
                await ServiceActivator<Interceptor>.DisposeAsync(interceptor);
            }
        }
    }

    Task<TResult> HandleAsync(TArguments arguments, ServerCallContext context) => HandleAsync(context.GetHttpContext(), arguments, context);

    Task<TResult> HandleAsync(HttpContext httpContext, TArguments arguments, ServerCallContext context)
    {
        var service = _activator.Get(httpContext.RequestServices, out var dispose);
        return dispose ? HandleThenDisposeAsync(service, arguments, context) : _handler(service, arguments, context);
    }

    async Task<TResult> HandleThenDisposeAsync(TService service, TArguments arguments, ServerCallContext context)
    {
        try
        {
            return await _handler(service, arguments, context);
        }
        finally
        {
            await ServiceActivator<TService>.DisposeAsync(service);
        }
    }
}
