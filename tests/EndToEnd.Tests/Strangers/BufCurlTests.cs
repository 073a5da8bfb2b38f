using P2P.Contracts.DirectoryV1;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Strangers;

/// <summary>A generic client that knows nothing but what the server says of itself.</summary>
public sealed class BufCurlTests
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    static string Buf => Path.Combine(ForeignTool.NodeModules("@bufbuild/buf"), ".bin", "buf");

    [Theory]
    [InlineData("grpc-v1")]
    [InlineData("grpc-v1alpha")]
    public async Task BufCurl_ThroughReflection_ListsAndCallsEverything(string reflection)
    {
        using var data = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(data.Path, Stop);
        string[] common = ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", reflection];

        var listed = await Shell.RunAsync(Buf, Stop, [.. common, "--list-methods", directory.Address.ToString()]);
        var methods = DirectoryReflection.Descriptor.Services.SelectMany(service => service.Methods).ToList();
        Assert.All(methods, method => Assert.Contains($"{method.Service.FullName}/{method.Name}", listed, StringComparison.Ordinal));
        Assert.Contains("grpc.health.v1.Health/Check", listed, StringComparison.Ordinal);

        foreach (var method in methods)
        {
            var url = new Uri(directory.Address, $"{method.Service.FullName}/{method.Name}").ToString();
            var (exitCode, output, errors) = await Shell.TryAsync(Buf, Stop, [.. common, "-d", "{}", url]);
            // The exit code is the gRPC status times eight: any status is an answer, but for UNKNOWN, INTERNAL and UNAVAILABLE.
            Assert.True(exitCode % 8 == 0 && exitCode / 8 is not (2 or 13 or 14), $"{method.FullName}: {exitCode} {output}{errors}");
        }

        var search = new Uri(directory.Address, "p2p.directory.v1.Directory/Search").ToString();
        var found = await Shell.RunAsync(Buf, Stop, [.. common, "-d", """{"archivo":"nothing"}""", search]);
        Assert.Contains("totalIsExact", found, StringComparison.Ordinal);
    }
}
