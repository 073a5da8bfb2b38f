using System.Collections.Concurrent;
using Grpc.Net.Client;
using P2P.Toolbox;

namespace Grpc.Tests.Client;

/// <summary>The Interop service on other people's servers, each started when a test first asks for it.</summary>
public sealed class ForeignServers : IAsyncDisposable
{
    readonly string _scripts = Path.Combine(ForeignTool.RepositoryRoot, "tests", "Grpc.Tests", "Client", "Foreign");
    readonly string _protos = Path.Combine(ForeignTool.RepositoryRoot, "tests", "Grpc.Tests", "Protos");
    readonly DirectoryInfo _stubs = Directory.CreateTempSubdirectory("interop-");
    readonly SemaphoreSlim _gate = new(1);
    readonly Dictionary<string, (ForeignProcess Process, GrpcChannel Channel)> _servers = [];
    readonly ConcurrentDictionary<(string Language, string Encoding), bool> _encodings = [];

    public async Task<GrpcChannel> ChannelAsync(string language)
    {
        var token = TestContext.Current.CancellationToken;
        await _gate.WaitAsync(token);
        try
        {
            if (!_servers.TryGetValue(language, out var server))
            {
                var process = language == "python" ? await StartPythonAsync(token) : StartNode();
                var port = await process.WaitForLineAsync("port ", token);
                server = (process, GrpcChannel.ForAddress("http://127.0.0.1:" + port, new GrpcChannelOptions
                {
                    HttpHandler = new EncodingRecorder(encoding => _encodings[(language, encoding)] = true),
                    DisposeHttpClient = true,
                }));
                _servers.Add(language, server);
            }

            return server.Channel;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Every <c>grpc-encoding</c> that came from that server.</summary>
    public IReadOnlyList<string> ResponseEncodings(string language) =>
        [.. _encodings.Keys.Where(key => key.Language == language).Select(key => key.Encoding)];

    public async ValueTask DisposeAsync()
    {
        foreach (var (process, channel) in _servers.Values)
        {
            channel.Dispose();
            await process.DisposeAsync();
        }

        _gate.Dispose();
        _stubs.Delete(recursive: true);
    }

    async Task<ForeignProcess> StartPythonAsync(CancellationToken cancellationToken)
    {
        var python = ForeignTool.Python("apt-get install python3-grpcio python3-protobuf", "grpc", "google.protobuf");
        var plugin = ForeignTool.Program("grpc_python_plugin", "apt-get install protobuf-compiler-grpc");
        await using var compiler = ForeignProcess.Start(
            ForeignTool.Program("protoc", "apt-get install protobuf-compiler"),
            [
                "-I" + _protos, "--python_out=" + _stubs.FullName, "--grpc_python_out=" + _stubs.FullName,
                "--plugin=protoc-gen-grpc_python=" + plugin, "interop.proto",
            ]);
        var (exitCode, _, errors) = await compiler.CompleteAsync(cancellationToken);
        Assert.True(exitCode == 0, errors);
        return ForeignProcess.Start(python, [Path.Combine(_scripts, "interop_server.py"), _stubs.FullName]);
    }

    ForeignProcess StartNode()
    {
        var modules = ForeignTool.NodeModules("@grpc/grpc-js", "@grpc/proto-loader");
        return ForeignProcess.Start(
            ForeignTool.Program("node", "apt-get install nodejs"),
            [Path.Combine(_scripts, "interop_server.cjs"), Path.Combine(_protos, "interop.proto")],
            new Dictionary<string, string> { ["NODE_PATH"] = modules });
    }

    sealed class EncodingRecorder(Action<string> record) : DelegatingHandler(new SocketsHttpHandler { EnableMultipleHttp2Connections = true })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (response.Headers.TryGetValues("grpc-encoding", out var encodings))
            {
                record(string.Join(',', encodings));
            }

            return response;
        }
    }
}
