using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Invocation;

/// <summary>Gives a call its service: from the container if registered there, else created, and disposed after the call.</summary>
sealed class ServiceActivator<TService>(bool suppress) where TService : class
{
    static readonly bool s_disposable =
        typeof(TService).IsAssignableTo(typeof(IDisposable)) || typeof(TService).IsAssignableTo(typeof(IAsyncDisposable));

    readonly Lazy<ObjectFactory<TService>> _factory = new(() => ActivatorUtilities.CreateFactory<TService>([]));

    /// <summary>The service, and whether the caller must dispose it.</summary>
    public TService Get(IServiceProvider services, out bool dispose)
    {
        dispose = false;
        if (suppress)
        {
            return null!;
        }
        if (services.GetService<TService>() is { } registered)
        {
            return registered;
        }
        dispose = s_disposable;
        return _factory.Value(services, []);
    }

    public static async ValueTask DisposeAsync(object service)
    {
        if (service is IAsyncDisposable asyncDisposable)
        {
            await asyncDisposable.DisposeAsync();
        }
        else if (service is IDisposable disposable)
        {
            disposable.Dispose();
        }
    }
}
