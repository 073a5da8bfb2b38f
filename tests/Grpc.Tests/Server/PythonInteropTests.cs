using P2P.Toolbox;

namespace Grpc.Tests.Server;

/// <summary>A client of another making, on gRPC's C core, calls the server in all four ways. Its stubs are generated anew.</summary>
public sealed class PythonInteropTests
{
    [Fact]
    public async Task PythonClient_AllCases_Pass()
    {
        const string install = "apt-get install protobuf-compiler protobuf-compiler-grpc python3-grpcio python3-protobuf";
        var protoc = ForeignTool.Program("protoc", install);
        var plugin = ForeignTool.Program("grpc_python_plugin", install);
        var python = ForeignTool.Python(install, "grpc", "google.protobuf");
        var tests = Path.Combine(ForeignTool.RepositoryRoot, "tests", "Grpc.Tests");
        var stubs = Directory.CreateTempSubdirectory("interop");
        try
        {
            await RunAsync(protoc, [
                $"-I{Path.Combine(tests, "Protos")}", $"--python_out={stubs}", $"--grpc_python_out={stubs}",
                $"--plugin=protoc-gen-grpc_python={plugin}", "interop.proto"]);
            await using var server = await InteropServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");

            var output = await RunAsync(python, [
                Path.Combine(tests, "Server", "interop_client.py"), stubs.FullName, server.Address.Authority]);

            Assert.EndsWith("12 cases passed\n", output, StringComparison.Ordinal);
            Assert.Empty(server.ErrorLogs);
        }
        finally
        {
            stubs.Delete(recursive: true);
        }
    }

    static async Task<string> RunAsync(string program, string[] arguments)
    {
        await using var process = ForeignProcess.Start(program, arguments);
        var (exitCode, output, errors) = await process.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output + errors);
        return output;
    }
}
