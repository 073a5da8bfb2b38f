using System.Net;
using Bench.Controls;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Bench;

/// <summary>Starts one server on free ports of loopback: the first speaks HTTP/2 in cleartext, the second HTTP/1.1.</summary>
static class Servers
{
    public static async Task<int> RunAsync(string name)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        if (name == "ours")
        {
            builder.Services.AddSingleton<BenchService>();
            builder.Services.AddGrpc().AddJsonTranscoding();
        }
        if (name == "minimal")
        {
            builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, EchoJson.Default));
        }
        await using var app = builder.Build();
        Map(app, name);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        Console.WriteLine(string.Join(' ', addresses.Select(address => new Uri(address).Port)));
        while (Console.ReadLine() is not null)
        {
            Console.WriteLine(Collector.Report());
        }
        return 0;
    }

    static void Map(WebApplication app, string name)
    {
        switch (name)
        {
            case "ours":
                app.MapGrpcService<BenchService>();
                break;
            case "bare-unary":
                BareUnary.Map(app);
                break;
            case "bare-stream":
                BareStream.Map(app);
                break;
            case "minimal":
                MinimalJson.Map(app);
                break;
            default:
                throw new ArgumentException($"No server is called {name}.");
        }
    }
}

/// <summary>What the collector of this process did: bytes allocated, and collections of generation 2.</summary>
static class Collector
{
    public static string Report() => $"{GC.GetTotalAllocatedBytes(precise: true)} {GC.CollectionCount(2)}";
}
