using System.Security.Cryptography;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Serving;

/// <summary>A client that shares no code with us: Python's grpcio, with stubs by Debian's protoc.</summary>
public sealed class PythonClientTests : IAsyncDisposable
{
    const string Install = "apt-get install python3-grpcio python3-protobuf python3-googleapi protobuf-compiler protobuf-compiler-grpc";

    const string Client = """
        import sys, hashlib, grpc
        sys.path.insert(0, sys.argv[1])
        import catalog_pb2 as m, catalog_pb2_grpc as s
        stub = s.CatalogStub(grpc.insecure_channel(sys.argv[2]))
        found = stub.Search(m.SearchRequest(archivo="BIG"))
        file = found.files[0]
        described = stub.Describe(m.DescribeRequest(root=file.root, length=file.length))
        assert described.availability.complete
        digest, offset = hashlib.sha256(), 0
        for part in stub.Download(m.DownloadRequest(ranges=[m.DownloadRange(root=file.root)])):
            assert part.offset == offset
            digest.update(part.data)
            offset += len(part.data)
        header = m.UploadHeader(path="from/python", length=file.length, root=file.root)
        present = stub.Upload(iter([m.UploadRequest(header=header)]))
        assert present.present
        try:
            stub.Describe(m.DescribeRequest(path="nowhere"))
        except grpc.RpcError as e:
            assert e.code() == grpc.StatusCode.NOT_FOUND, e
        print(file.path, offset, digest.hexdigest())
        """;

    readonly DaemonFixture _peer = new();
    readonly TemporaryFolder _stubs = new();

    public async ValueTask DisposeAsync()
    {
        await _peer.DisposeAsync();
        _stubs.Dispose();
    }

    [Fact]
    public async Task Download_ByPython_GivesTheSameBytes()
    {
        var python = ForeignTool.Python(Install, "grpc", "google.protobuf");
        await GenerateStubsAsync();
        var bytes = DaemonFixture.Bytes(5_000_000, 1);
        _peer.Write("Big file.bin", bytes);
        await _peer.StartAsync(options => options with { Inbox = new Peers.Serving.InboxOptions(_peer.Inbox) });
        await File.WriteAllTextAsync(_stubs.File("client.py"), Client, DaemonFixture.Cancellation);

        var url = new Uri(_peer.Daemon.Url);
        await using var client = ForeignProcess.Start(python, [_stubs.File("client.py"), _stubs.Path, $"127.0.0.1:{url.Port}"]);
        var (exitCode, output, errors) = await client.CompleteAsync(DaemonFixture.Cancellation);

        Assert.True(exitCode == 0, errors);
        Assert.Equal($"share/Big file.bin 5000000 {Convert.ToHexStringLower(SHA256.HashData(bytes))}", output.Trim());
    }

    async Task GenerateStubsAsync()
    {
        var protoc = ForeignTool.Program("protoc", Install);
        var plugin = ForeignTool.Program("grpc_python_plugin", Install);
        var proto = Path.Combine(ForeignTool.RepositoryRoot, "proto");
        var others = Path.Combine(ForeignTool.RepositoryRoot, "third_party");
        string[] needed = ["buf/validate/validate.proto", "google/api/annotations.proto", "google/api/http.proto", "google/api/httpbody.proto", "google/api/field_behavior.proto", "google/rpc/status.proto"];
        await using var run = ForeignProcess.Start(protoc,
        [
            "-I", proto, "-I", others, "-I", "/usr/include", $"--python_out={_stubs.Path}", $"--grpc_python_out={_stubs.Path}",
            $"--plugin=protoc-gen-grpc_python={plugin}", "catalog.proto", .. needed.Where(name => File.Exists(Path.Combine(others, name))),
        ]);
        var (exitCode, _, errors) = await run.CompleteAsync(DaemonFixture.Cancellation);
        Assert.True(exitCode == 0, errors);
    }
}
