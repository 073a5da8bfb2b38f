using Microsoft.Extensions.Logging.Abstractions;
using P2P.Peers.Sharing;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Sharing;

/// <summary>A shared folder, and all that turns it into a catalog.</summary>
sealed class SharingFixture : IDisposable
{
    readonly TemporaryFolder _temporary = new();

    public SharingFixture(SharingOptions? options = null)
    {
        Options = options ?? new SharingOptions { SettleTime = TimeSpan.Zero };
        Directory.CreateDirectory(Root);
        Folder = new SharedFolder("share", Root);
        Cache = HashCache.Open(Path.Combine(_temporary.Path, "hashes.db"), TimeProvider.System);
        Hashing = new FileHashing(Cache, Progress, 2);
        Indexer = new ShareIndexer(State, Hashing, Progress, Options, TimeProvider.System, NullLogger.Instance);
    }

    public SharingOptions Options { get; }

    public string Root => Path.Combine(_temporary.Path, "share");

    public string Outside => _temporary.Path;

    public SharedFolder Folder { get; }

    public HashCache Cache { get; }

    public FileHashing Hashing { get; }

    public SharingProgress Progress { get; } = new();

    public CatalogState State { get; } = new();

    public ShareIndexer Indexer { get; }

    public string Write(string relative, params byte[] content)
    {
        var path = Path.Combine(Root, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public async Task<CatalogSnapshot> UpdateAsync(string relative = "")
    {
        await Indexer.UpdateAsync([new ScanScope(Folder, relative)], TestContext.Current.CancellationToken);
        return State.Current;
    }

    public void Dispose()
    {
        Hashing.Dispose();
        Cache.Dispose();
        _temporary.Dispose();
    }
}
