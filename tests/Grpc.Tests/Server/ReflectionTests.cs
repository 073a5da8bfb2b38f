using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Reflection;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using P2P.Toolbox;

namespace Grpc.Tests.Server;

public sealed class ReflectionTests
{
    [Fact]
    public async Task Answer_ListServices_NamesAllMappedOnes()
    {
        await using var server = await StartAsync();

        var answer = Ask(server, new() { Host = "h", ListServices = "" });

        Assert.Equal(
            ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "grpc.tests.v1.Interop"],
            answer.ListServicesResponse.Service.Select(service => service.Name));
        Assert.Equal("h", answer.ValidHost);
        Assert.Equal("h", answer.OriginalRequest.Host);
    }

    [Theory]
    [InlineData("grpc.tests.v1.Interop")]
    [InlineData("grpc.tests.v1.Interop.Unary")]
    [InlineData("grpc.tests.v1.InteropRequest")]
    [InlineData("grpc.tests.v1.InteropRequest.payload")]
    public async Task Answer_Symbol_GivesItsFileAndDependencies(string symbol)
    {
        await using var server = await StartAsync();

        var files = Ask(server, new() { FileContainingSymbol = symbol }).FileDescriptorResponse.FileDescriptorProto
            .Select(FileDescriptorProto.Parser.ParseFrom).ToList();

        Assert.Contains(files[0].Service, service => service.Name == "Interop");
        Assert.Equal(files[0].Dependency.Order(), files.Skip(1).Select(file => file.Name).Order());
    }

    [Fact]
    public async Task Answer_Unknown_IsAnErrorInBand()
    {
        await using var server = await StartAsync();

        Assert.Equal(5, Ask(server, new() { FileContainingSymbol = "no.Such" }).ErrorResponse.ErrorCode);
        Assert.Equal(5, Ask(server, new() { FileByFilename = "no.proto" }).ErrorResponse.ErrorCode);
        Assert.Equal(5, Ask(server, new() { AllExtensionNumbersOfType = "no.Such" }).ErrorResponse.ErrorCode);
        Assert.Equal(12, Ask(server, new()).ErrorResponse.ErrorCode);
    }

    [Fact]
    public void Index_Extensions_AreFoundByTypeAndNumber()
    {
        const int Http = 72295728;
        var index = new DescriptorIndex([OpenApi.Library.Descriptor]);

        Assert.Equal("google/api/annotations.proto", index.Extensions("google.protobuf.MethodOptions")[Http].Name);
        Assert.True(index.IsMessage("google.protobuf.MethodOptions"));
    }

    [Theory]
    [InlineData("grpc-v1")]
    [InlineData("grpc-v1alpha")]
    public async Task Buf_ListMethods_FindsThemAll(string protocol)
    {
        var buf = Path.Combine(ForeignTool.NodeModules("@bufbuild/buf"), ".bin", "buf");
        await using var server = await StartAsync();

        await using var process = ForeignProcess.Start(
            buf, ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", protocol, "--list-methods", server.Address.ToString()]);
        var (exitCode, output, errors) = await process.CompleteAsync(TestContext.Current.CancellationToken);

        Assert.True(exitCode == 0, errors);
        Assert.Contains("grpc.tests.v1.Interop/Duplex", output, StringComparison.Ordinal);
    }

    static ServerReflectionResponse Ask(InteropServer server, ServerReflectionRequest request) =>
        new ReflectionAnswers(server.Services.GetRequiredService<EndpointDataSource>()).Answer(request);

    static Task<InteropServer> StartAsync() => InteropServer.StartAsync(
        builder => builder.Services.AddGrpcReflection(),
        app =>
        {
            app.MapGrpcService<InteropService>();
            app.MapGrpcReflectionService();
        });
}
