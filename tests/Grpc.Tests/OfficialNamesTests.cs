using System.IO.Compression;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Net.ClientFactory;
using Grpc.Net.Compression;
using Grpc.Tests.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Tests;

/// <summary>Code written for the official packages compiles and runs; their defaults are ours.</summary>
public sealed class OfficialNamesTests
{
    [Fact]
    public async Task Server_EveryNameOfTheOfficialPackages_IsThere()
    {
        var builder = WebApplication.CreateSlimBuilder();
        IGrpcServerBuilder grpc = builder.Services.AddGrpc(options =>
        {
            Assert.Equal((null, 4 * 1024 * 1024, null, null, null, null),
                (options.MaxSendMessageSize, options.MaxReceiveMessageSize, options.EnableDetailedErrors,
                    options.ResponseCompressionAlgorithm, options.ResponseCompressionLevel, options.IgnoreUnknownServices));
            options.ResponseCompressionLevel = CompressionLevel.Fastest;
            options.CompressionProviders.Add(new DeflateCompressionProvider(CompressionLevel.Fastest));
            options.Interceptors.Add<Nothing>("argument");
#pragma warning disable CA2263 // That this overload exists is what is tested.
            options.Interceptors.Add(typeof(Nothing), "argument");
#pragma warning restore CA2263
        });
        grpc.AddServiceOptions<InteropService>(options => options.MaxSendMessageSize = 1);
        grpc.AddJsonTranscoding(options => options.JsonSettings = new GrpcJsonSettings { IgnoreDefaultValues = true });
        grpc.Services.AddGrpcReflection();
        grpc.Services.AddGrpcSwagger();
        IHealthChecksBuilder health = builder.Services.AddGrpcHealthChecks(options =>
        {
            options.Services.Map("some", check => check.Tags.Contains("tag") || check.Name == "name");
            (options.UseHealthChecksCache, options.SuppressCompletionOnShutdown) = (true, true);
        });
        Assert.NotNull(health);
        await using var app = builder.Build();
        GrpcServiceEndpointConventionBuilder service = app.MapGrpcService<InteropService>();
        service.WithDisplayName("named");
        app.MapGrpcService(ServerServiceDefinition.CreateBuilder().Build());
        app.MapGrpcService(_ => ServerServiceDefinition.CreateBuilder().Build());
        IEndpointConventionBuilder reflection = app.MapGrpcReflectionService();
        GrpcServiceEndpointConventionBuilder checks = app.MapGrpcHealthChecksService();
        Assert.NotNull(reflection);
        Assert.NotNull(checks);

        var method = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>())
            .First(found => found?.Method.Name == "Unary");
        Assert.Equal((typeof(InteropService), "/grpc.tests.v1.Interop/Unary"), (method!.ServiceType, method.Method.FullName));
    }

    [Fact]
    public void Channel_EveryOptionOfTheOfficialPackage_IsThereWithItsDefault()
    {
        var options = new GrpcChannelOptions();
        Assert.Equal((null, 4 * 1024 * 1024, 5, 16L * 1024 * 1024, 1024L * 1024),
            (options.MaxSendMessageSize, options.MaxReceiveMessageSize, options.MaxRetryAttempts,
                options.MaxRetryBufferSize, options.MaxRetryBufferPerCallSize));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(120)), (options.InitialReconnectBackoff, options.MaxReconnectBackoff));
        Assert.Equal((false, false, false, false),
            (options.DisposeHttpClient, options.ThrowOperationCanceledOnCancellation,
                options.UnsafeUseInsecureChannelCallCredentials, options.DisableResolverServiceConfig));
        Assert.Equal((null, null, null, null, null),
            (options.Credentials, options.CompressionProviders, options.LoggerFactory, options.HttpClient, options.HttpHandler));
        Assert.Equal((null, null, null), (options.ServiceProvider, options.HttpVersion, options.HttpVersionPolicy));
        options.ServiceConfig = new ServiceConfig
        {
            MethodConfigs =
            {
                new MethodConfig
                {
                    Names = { MethodName.Default, new MethodName { Service = "s", Method = "m" } },
                    RetryPolicy = new RetryPolicy
                    {
                        MaxAttempts = 2, InitialBackoff = TimeSpan.FromSeconds(1), MaxBackoff = TimeSpan.FromSeconds(1),
                        BackoffMultiplier = 1, RetryableStatusCodes = { StatusCode.Unavailable },
                    },
                },
            },
            RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 10, TokenRatio = 0.1 },
        };
        using var channel = GrpcChannel.ForAddress(new Uri("http://127.0.0.1:1/ignored"), options);
        Assert.Equal("127.0.0.1:1", channel.Target);
        Assert.Equal(ConnectivityState.Idle, channel.State);
        Assert.NotNull(channel.Intercept(new Nothing("a"), new Nothing("b")).Intercept(metadata => metadata));
    }

    [Fact]
    public void ClientFactory_EveryNameOfTheOfficialPackage_IsThere()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<Interop.Interop.InteropClient>(options => options.Address = new Uri("http://127.0.0.1:1"))
            .AddInterceptor(() => new Nothing("a"))
            .AddInterceptor(_ => new Nothing("a"))
            .ConfigureChannel(options => options.MaxReceiveMessageSize = null)
            .ConfigureChannel((provider, options) => options.ServiceProvider = provider)
            .AddCallCredentials((_, _) => Task.CompletedTask)
            .AddCallCredentials((_, _, _) => Task.CompletedTask)
            .AddCallCredentials(CallCredentials.FromInterceptor((_, _) => Task.CompletedTask));
        services.AddGrpcClient<Interop.Interop.InteropClient>("named", (_, options) => options.Address = new Uri("http://127.0.0.1:2"));
        using var provider = services.BuildServiceProvider();

        Assert.NotNull(provider.GetRequiredService<Interop.Interop.InteropClient>());
        Assert.NotNull(provider.GetRequiredService<GrpcClientFactory>().CreateClient<Interop.Interop.InteropClient>("named"));
        Assert.Throws<InvalidOperationException>(() =>
            provider.GetRequiredService<GrpcClientFactory>().CreateClient<Interop.Interop.InteropClient>("unknown"));
    }

    sealed class Nothing(string argument) : Interceptor
    {
        public override string ToString() => argument;
    }
}
