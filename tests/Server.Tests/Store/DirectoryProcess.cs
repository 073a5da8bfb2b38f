using Grpc.Core;
using Grpc.Net.Client;
using P2P.Contracts.DirectoryV1;
using P2P.Toolbox;

namespace P2P.Server.Tests.Store;

/// <summary>The directory as a process of its own, to be killed and traced.</summary>
sealed class DirectoryProcess : IAsyncDisposable
{
    const string FirstLine = "  Listening   ";

    readonly ForeignProcess _process;
    readonly GrpcChannel _channel;
    bool _killed;

    DirectoryProcess(ForeignProcess process, string url)
    {
        _process = process;
        _channel = GrpcChannel.ForAddress(url);
        Client = new Contracts.DirectoryV1.Directory.DirectoryClient(_channel);
    }

    public int Id => _process.Id;

    public Contracts.DirectoryV1.Directory.DirectoryClient Client { get; }

    static CancellationToken None => TestContext.Current.CancellationToken;

    public static async Task<DirectoryProcess> StartAsync(string folder, bool syncWrites = true, string? store = null)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "p2p-directory.dll");
        var environment = new Dictionary<string, string>
        {
            ["Directory__SyncWrites"] = syncWrites ? "true" : "false",
            ["Directory__Rounds"] = "1000",
        };
        string[] shared = store is null ? [] : ["--store", store];
        var process = ForeignProcess.Start("dotnet", [program, "--data", folder, "--urls", "http://127.0.0.1:0", .. shared], environment);
        return new DirectoryProcess(process, await process.WaitForLineAsync(FirstLine, None));
    }

    public async Task<string> LoginAsync(int port) => (await Client.LoginAsync(
        new LoginRequest { User = "u", Password = "p", Ip = "127.0.0.1", Port = port }, cancellationToken: None)).Token;

    public Task PublishAsync(string token, string path) => PublishAsync(token, new PublishRequest { Upserts = { new FileEntry { Path = path } } });

    public async Task PublishAsync(string token, params PublishRequest[] batches)
    {
        using var call = Client.Publish(new Metadata { { "authorization", "Bearer " + token } }, cancellationToken: None);
        foreach (var batch in batches)
        {
            await call.RequestStream.WriteAsync(batch, None);
        }

        await call.RequestStream.CompleteAsync();
        await call;
    }

    /// <summary>The paths of all files that it lists.</summary>
    public async Task<ISet<string>> FilesAsync()
    {
        var (files, request) = (new HashSet<string>(), new IndexRequest());
        do
        {
            var page = await Client.IndexAsync(request, cancellationToken: None);
            files.UnionWith(page.Peers.SelectMany(peer => peer.Files).Select(file => file.Path));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return files;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _killed = true;
        await _process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        if (!_killed)
        {
            await KillAsync();
        }
    }
}
