using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Local;
using P2P.Peers.Serving;
using P2P.Peers.Session;
using P2P.Peers.Sharing;
using P2P.Peers.Tests.Session;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Serving;

/// <summary>A daemon that shares one folder and serves it on a port of its own, and a client.</summary>
sealed class DaemonFixture : IAsyncDisposable
{
    readonly TemporaryFolder _temporary = new();
    GrpcChannel? _channel;

    public FakeDirectory Directory { get; } = new();

    public DaemonFiles Files => new(_temporary.File("data"));

    public string Share => _temporary.File("share");

    public string Inbox => _temporary.File("inbox");

    public PeerDaemon Daemon { get; private set; } = null!;

    public Catalog.CatalogClient Client { get; private set; } = null!;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Content of a file that no other seed gives.</summary>
    public static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static ContentId ContentOf(byte[] bytes)
    {
        var hasher = new MerkleHasher();
        hasher.Append(bytes);
        return new ContentId(hasher.Finish(), bytes.Length);
    }

    public string Write(string relative, byte[] bytes)
    {
        var path = Path.Combine(Share, relative);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public async Task StartAsync(
        Func<DaemonOptions, DaemonOptions>? change = null, P2P.Peers.Lines.DaemonDirectory? directory = null)
    {
        System.IO.Directory.CreateDirectory(Share);
        Files.Create();
        var options = new DaemonOptions
        {
            Files = Files,
            Folders = SharedFolder.FromPaths([Share]),
            Session = new LoginOptions { User = "ana", Password = "secret", Directory = new Uri("http://localhost:5000") },
            Sharing = new SharingOptions { SettleTime = TimeSpan.Zero, QuietTime = TimeSpan.FromMilliseconds(20) },
            Serving = new ServingOptions { Port = 0 },
        };
        options = change?.Invoke(options) ?? options;
        Daemon = await PeerDaemon.StartAsync(
            options, Directory, directory, _ => { }, NullLoggerFactory.Instance, TimeProvider.System, Cancellation);
        _channel = GrpcChannel.ForAddress(Daemon.Url);
        Client = new Catalog.CatalogClient(_channel);
        await Wait.UntilAsync(() => Daemon.Catalog.IsComplete);
    }

    public async Task<List<DownloadResponse>> DownloadAsync(params DownloadRange[] ranges)
    {
        using var call = Client.Download(new DownloadRequest { Ranges = { ranges } }, cancellationToken: Cancellation);
        var messages = new List<DownloadResponse>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(Cancellation))
        {
            messages.Add(message);
        }

        return messages;
    }

    public static string ReasonOf(RpcException error) => RpcFailures.ReasonOf(error);

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (Daemon is not null)
        {
            await Daemon.DisposeAsync();
        }

        _temporary.Dispose();
    }
}
