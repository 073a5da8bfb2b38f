using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>gRPC clients from dependency injection, with handlers of the HTTP client factory.</summary>
public static class GrpcClientServiceExtensions
{
    /// <summary>Registers a generated client, under its type's name.</summary>
    public static IHttpClientBuilder AddGrpcClient<TClient>(
        this IServiceCollection services, Action<GrpcClientFactoryOptions>? configureClient = null)
        where TClient : class =>
        services.AddGrpcClient<TClient>(typeof(TClient).Name, configureClient);

    /// <summary>Registers a generated client, under its type's name.</summary>
    public static IHttpClientBuilder AddGrpcClient<TClient>(
        this IServiceCollection services, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class =>
        services.AddGrpcClient<TClient>(typeof(TClient).Name, configureClient);

    /// <summary>Registers a generated client under a name, for <see cref="GrpcClientFactory"/>.</summary>
    public static IHttpClientBuilder AddGrpcClient<TClient>(
        this IServiceCollection services, string name, Action<GrpcClientFactoryOptions>? configureClient = null)
        where TClient : class =>
        services.AddGrpcClient<TClient>(name, (_, options) => configureClient?.Invoke(options));

    /// <summary>Registers a generated client under a name, for <see cref="GrpcClientFactory"/>.</summary>
    public static IHttpClientBuilder AddGrpcClient<TClient>(
        this IServiceCollection services, string name, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        services.TryAddSingleton<GrpcClientFactory, DefaultGrpcClientFactory>();
        services.TryAddTransient(provider => provider.GetRequiredService<GrpcClientFactory>().CreateClient<TClient>(name));

        // The channel keeps its handler, so exchanging it behind the channel's back would only leak connections.
        return services.AddHttpClient(name)
            .ConfigurePrimaryHttpMessageHandler(HttpSender.CreateHandler)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .Configure((options, provider) => configureClient(provider, options));
    }

    public static IHttpClientBuilder ConfigureChannel(this IHttpClientBuilder builder, Action<GrpcChannelOptions> configureChannel) =>
        builder.Configure((options, _) => options.ChannelOptionsActions.Add(configureChannel));

    public static IHttpClientBuilder ConfigureChannel(
        this IHttpClientBuilder builder, Action<IServiceProvider, GrpcChannelOptions> configureChannel) =>
        builder.Configure((options, provider) => options.ChannelOptionsActions.Add(channel => configureChannel(provider, channel)));

    /// <summary>One instance for the channel, from the services if registered there.</summary>
    public static IHttpClientBuilder AddInterceptor<TInterceptor>(this IHttpClientBuilder builder)
        where TInterceptor : Interceptor =>
        builder.AddInterceptor(ActivatorUtilities.GetServiceOrCreateInstance<TInterceptor>);

    public static IHttpClientBuilder AddInterceptor(this IHttpClientBuilder builder, Func<Interceptor> createInterceptor) =>
        builder.AddInterceptor(_ => createInterceptor());

    public static IHttpClientBuilder AddInterceptor(this IHttpClientBuilder builder, Func<IServiceProvider, Interceptor> createInterceptor) =>
        builder.Configure((options, _) => options.Interceptors.Add(createInterceptor));

    public static IHttpClientBuilder AddCallCredentials(this IHttpClientBuilder builder, CallCredentials credentials) =>
        builder.Configure((options, _) => options.CallCredentials.Add(_ => credentials));

    public static IHttpClientBuilder AddCallCredentials(
        this IHttpClientBuilder builder, Func<AuthInterceptorContext, Metadata, Task> authInterceptor) =>
        builder.AddCallCredentials((context, metadata, _) => authInterceptor(context, metadata));

    public static IHttpClientBuilder AddCallCredentials(
        this IHttpClientBuilder builder, Func<AuthInterceptorContext, Metadata, IServiceProvider, Task> authInterceptor) =>
        builder.Configure((options, _) => options.CallCredentials.Add(provider =>
            CallCredentials.FromInterceptor((context, metadata) => authInterceptor(context, metadata, provider))));

    static IHttpClientBuilder Configure(this IHttpClientBuilder builder, Action<GrpcClientFactoryOptions, IServiceProvider> configure)
    {
        builder.Services.AddOptions<GrpcClientFactoryOptions>(builder.Name).Configure(configure);
        return builder;
    }
}
