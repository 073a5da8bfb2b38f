using System.Collections.Concurrent;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory;

/// <summary>Makes clients by the name of their registration.</summary>
public abstract class GrpcClientFactory
{
    /// <exception cref="InvalidOperationException">No client of that name is registered, or it has no address.</exception>
    public abstract TClient CreateClient<TClient>(string name)
        where TClient : class;
}

/// <summary>One channel for each name, for as long as the services live; clients themselves cost nothing.</summary>
sealed class DefaultGrpcClientFactory(
    IServiceProvider services, IOptionsMonitor<GrpcClientFactoryOptions> options, IHttpMessageHandlerFactory handlers)
    : GrpcClientFactory, IDisposable
{
    readonly ConcurrentDictionary<string, Lazy<(GrpcChannel Channel, CallInvoker Invoker)>> _channels = new();

    public override TClient CreateClient<TClient>(string name)
    {
        var entry = _channels.GetOrAdd(name, static (key, factory) => new(() => factory.Create(key)), this);
        return ActivatorUtilities.CreateInstance<TClient>(services, entry.Value.Invoker);
    }

    public void Dispose()
    {
        foreach (var entry in _channels.Values.Where(entry => entry.IsValueCreated))
        {
            entry.Value.Channel.Dispose();
        }
    }

    (GrpcChannel Channel, CallInvoker Invoker) Create(string name)
    {
        var settings = options.Get(name);
        var address = settings.Address
            ?? throw new InvalidOperationException($"The gRPC client '{name}' has no address: set {nameof(GrpcClientFactoryOptions)}.Address.");
        var channelOptions = new GrpcChannelOptions { HttpHandler = handlers.CreateHandler(name), ServiceProvider = services };
        foreach (var configure in settings.ChannelOptionsActions)
        {
            configure(channelOptions);
        }

        var credentials = settings.CallCredentials.Select(create => create(services)).ToArray();
        channelOptions.DefaultCredentials = credentials.Length > 1 ? CallCredentials.Compose(credentials) : credentials.FirstOrDefault();
        var channel = GrpcChannel.ForAddress(address, channelOptions);
        return (channel, channel.Intercept([.. settings.Interceptors.Select(create => create(services))]));
    }
}
