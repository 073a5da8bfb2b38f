using System.Text.Json.Nodes;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Harness;

/// <summary>
/// A real peer that another directory knows only by the address of a proxy: the peer logs in to a directory of its own, and a declared
/// session at the directory under test names the same content at the proxy's port. All that a downloader gets goes past the proxy.
/// </summary>
public sealed class ProxiedSource : IAsyncDisposable
{
    readonly TemporaryFolder _data = new();
    RunningDirectory? _own;
    OwnProgram? _peer;
    CountingProxy? _proxy;

    /// <summary>What it sent through its proxy.</summary>
    public Traffic Traffic { get; private init; } = new();

    public OwnProgram Peer => _peer!;

    public string Root { get; private set; } = "";

    public static async Task<ProxiedSource> StartAsync(RunningDirectory directory, string file, string user, CancellationToken stop, Traffic? traffic = null)
    {
        var source = new ProxiedSource { Traffic = traffic ?? new Traffic() };
        try
        {
            await source.ShareAsync(directory, file, user, stop);
            return source;
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_peer is not null)
        {
            await _peer.DisposeAsync();
        }

        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        if (_own is not null)
        {
            await _own.DisposeAsync();
        }

        _data.Dispose();
    }

    async Task ShareAsync(RunningDirectory directory, string file, string user, CancellationToken stop)
    {
        _own = await RunningDirectory.StartAsync(_data.File("directory"), stop);
        _peer = RunningPeer.Share(_own, _data.File("peer"), Path.GetDirectoryName(file)!);
        var hit = await _own.WaitForHitAsync(Path.GetFileName(file), stop);
        Root = (string)hit["root"]!;
        _proxy = new CountingProxy((int)hit["sources"]![0]!["port"]!, Traffic);
        var login = new JsonObject
        {
            ["user"] = user,
            ["password"] = "per1234",
            ["ip"] = "127.0.0.1",
            ["url"] = "http://127.0.0.1",
            ["port"] = _proxy.Port,
            ["files"] = new JsonArray(new JsonObject
            {
                ["path"] = (string)hit["sources"]![0]!["path"]!,
                ["size"] = (string)hit["size"]!,
                ["root"] = Root,
            }),
        };
        var (status, answer) = await directory.PostAsync("/login", login.ToJsonString(), stop);
        Assert.True(status == 200, answer.ToJsonString());
    }
}
