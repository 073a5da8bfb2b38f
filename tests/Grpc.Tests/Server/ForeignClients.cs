using System.Collections.Concurrent;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using P2P.Toolbox;

namespace Grpc.Tests.Server;

/// <summary>What a client said of each case, and which encodings went over the wire meanwhile.</summary>
public sealed record ForeignRun(IReadOnlyDictionary<string, string> Results, IReadOnlySet<string> Encodings, IReadOnlyCollection<string> ErrorLogs);

/// <summary>Other people's clients, each run once against a server of ours that compresses its answers.</summary>
public sealed class ForeignClients : IAsyncDisposable
{
    const string InstallPython = "apt-get install protobuf-compiler protobuf-compiler-grpc python3-grpcio python3-protobuf";

    readonly string _tests = Path.Combine(ForeignTool.RepositoryRoot, "tests", "Grpc.Tests");
    readonly DirectoryInfo _stubs = Directory.CreateTempSubdirectory("interop-");
    readonly SemaphoreSlim _gate = new(1);
    readonly Dictionary<string, ForeignRun> _runs = [];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task<ForeignRun> RunAsync(string language)
    {
        await _gate.WaitAsync(Token);
        try
        {
            if (!_runs.TryGetValue(language, out var run))
            {
                _runs.Add(language, run = await RunOnceAsync(language));
            }

            return run;
        }
        finally
        {
            _gate.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _gate.Dispose();
        _stubs.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    async Task<ForeignRun> RunOnceAsync(string language)
    {
        var encodings = new ConcurrentDictionary<string, bool>();
        await using var server = await InteropServer.StartAsync(
            builder => builder.Services.Configure<GrpcServiceOptions>(options => options.ResponseCompressionAlgorithm = "gzip"),
            app =>
            {
                app.Use(async (context, next) =>
                {
                    await next(context);
                    encodings[$"request {context.Request.Headers["grpc-encoding"]}"] = true;
                    encodings[$"response {context.Response.Headers["grpc-encoding"]}"] = true;
                });
                app.MapGrpcService<InteropService>();
            });
        var output = language == "python" ? await RunPythonAsync(server) : await RunNodeAsync(server);
        var results = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(line => line.Split(' ', ':')[1], line => line, StringComparer.Ordinal);
        return new ForeignRun(results, encodings.Keys.ToHashSet(), server.ErrorLogs);
    }

    async Task<string> RunPythonAsync(InteropServer server)
    {
        var python = ForeignTool.Python(InstallPython, "grpc", "google.protobuf");
        await RunAsync(ForeignTool.Program("protoc", InstallPython), [
            $"-I{Path.Combine(_tests, "Protos")}", $"--python_out={_stubs}", $"--grpc_python_out={_stubs}",
            $"--plugin=protoc-gen-grpc_python={ForeignTool.Program("grpc_python_plugin", InstallPython)}", "interop.proto"]);
        return await RunAsync(python, [Path.Combine(_tests, "Server", "interop_client.py"), _stubs.FullName, server.Address.Authority]);
    }

    async Task<string> RunNodeAsync(InteropServer server)
    {
        var modules = ForeignTool.NodeModules("@grpc/grpc-js", "@grpc/proto-loader");
        return await RunAsync(
            ForeignTool.Program("node", "apt-get install nodejs"),
            [Path.Combine(_tests, "Server", "interop_client.cjs"), Path.Combine(_tests, "Protos", "interop.proto"), server.Address.Authority],
            new Dictionary<string, string> { ["NODE_PATH"] = modules });
    }

    static async Task<string> RunAsync(string program, string[] arguments, Dictionary<string, string>? environment = null)
    {
        await using var process = ForeignProcess.Start(program, arguments, environment);
        var (exitCode, output, errors) = await process.CompleteAsync(Token);
        Assert.True(exitCode == 0, output + errors);
        return output;
    }
}
