using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Strangers;

/// <summary>Clients in other languages, with stubs made from the contract alone, do the main job.</summary>
public sealed class LanguageTests
{
    const long FileLength = 3 * 1024 * 1024 + 17;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    static string Scripts => Path.Combine(ForeignTool.RepositoryRoot, "tests", "EndToEnd.Tests", "Strangers");

    [Fact]
    public async Task Python_WithStubsByProtoc_PublishesSearchesAndDownloads()
    {
        var python = ForeignTool.Python("apt-get install python3-grpcio python3-protobuf", "grpc", "google.protobuf");
        using var stubs = new TemporaryFolder();
        await MakePythonStubsAsync(stubs.Path);
        await WithSharedFileAsync(async (directory, name, sha256) =>
        {
            await using var process = ForeignProcess.Start(
                python,
                [Path.Combine(Scripts, "python_client.py"), directory.HostAndPort, name, sha256],
                new Dictionary<string, string> { ["PYTHONPATH"] = stubs.Path });
            await AssertContentAsync(process, "python is content");
        });
    }

    [Fact]
    public async Task Node_WithStubsByProtoLoader_PublishesSearchesAndDownloads()
    {
        var modules = ForeignTool.NodeModules("@grpc/grpc-js", "@grpc/proto-loader");
        await WithSharedFileAsync(async (directory, name, sha256) =>
        {
            await using var process = ForeignProcess.Start(
                ForeignTool.Program("node", "apt-get install nodejs"),
                [Path.Combine(Scripts, "node_client.js"), ForeignTool.RepositoryRoot, directory.HostAndPort, name, sha256],
                new Dictionary<string, string> { ["NODE_PATH"] = modules });
            await AssertContentAsync(process, "node is content");
        });
    }

    static async Task WithSharedFileAsync(Func<RunningDirectory, string, string, Task> client)
    {
        using var folder = new TemporaryFolder();
        var file = TestFile.Create(folder.File("share/stranger's file.bin"), FileLength, seed: 3);
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var peer = RunningPeer.Share(directory, folder.File("peer"), folder.File("share"));
        await directory.WaitForHitAsync(Path.GetFileName(file), Stop);
        await client(directory, Path.GetFileName(file), await Shell.Sha256SumAsync(file, Stop));
    }

    static async Task AssertContentAsync(ForeignProcess process, string expected)
    {
        var (exitCode, output, errors) = await process.CompleteAsync(Stop);
        Assert.True(exitCode == 0, output + errors);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    static async Task MakePythonStubsAsync(string folder)
    {
        var root = ForeignTool.RepositoryRoot;
        var plugin = ForeignTool.Program("grpc_python_plugin", "apt-get install protobuf-compiler-grpc");
        var protoc = ForeignTool.Program("protoc", "apt-get install protobuf-compiler libprotobuf-dev");
        var thirdParty = Path.Combine(root, "third_party");
        var imports = new[] { "google/api", "google/rpc", "buf/validate" }
            .SelectMany(package => Directory.GetFiles(Path.Combine(thirdParty, package), "*.proto"));
        await Shell.RunAsync(
            protoc,
            Stop,
            [
                $"-I{Path.Combine(root, "proto")}", $"-I{thirdParty}", $"--python_out={folder}", $"--grpc_python_out={folder}",
                $"--plugin=protoc-gen-grpc_python={plugin}", .. Directory.GetFiles(Path.Combine(root, "proto"), "*.proto"), .. imports,
            ]);
    }
}
