using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Viewing;

/// <summary>Folders that their peer keeps to groups: who is told of them, by every call that names files.</summary>
public sealed class GroupTests
{
    static readonly string Secret = string.Concat(Enumerable.Repeat("5e", 32));
    static readonly string Shown = string.Concat(Enumerable.Repeat("0a", 32));

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Share_KeptToAGroup_IsNamedToItsMembersItsOwnerAndOperatorsOnly()
    {
        await using var directory = await StartAsync();
        var here = await HereAsync(directory);
        foreach (var (who, token) in here.Tokens)
        {
            var sees = who is "boss" or "owner" or "member";
            var names = sees ? new[] { "lab/secret.txt", "pub/open.txt" } : ["pub/open.txt"];
            var options = TestDirectory.With(token);

            var found = await directory.Client.SearchAsync(new SearchRequest { Archivo = "*.txt" }, options);
            Assert.Equal(names, found.Hits.SelectMany(hit => hit.Sources).Select(source => source.Path).Order(StringComparer.Ordinal));
            Assert.Equal(names.Length, found.TotalCount);
            var index = await directory.Client.IndexAsync(new IndexRequest(), options);
            Assert.Equal(names, index.Peers.Single().Files.Select(file => file.Path));
            var browse = await directory.Client.BrowseAsync(new BrowseRequest { PeerId = here.PeerId }, options);
            Assert.Equal(names.Select(name => name[..3]), browse.Folders.Select(folder => folder.Path));
            var all = await directory.Client.BrowseAsync(new BrowseRequest { PeerId = here.PeerId, Recursive = true }, options);
            Assert.Equal(names, all.Files.Select(file => file.Path));

            Assert.Equal(sees ? "" : "NO_SUCH_PATH", await ReasonAsync(directory.Client.BrowseAsync(new BrowseRequest { PeerId = here.PeerId, Path = "lab" }, options)));
            Assert.Equal(sees ? "" : "NO_SUCH_CONTENT", await ReasonAsync(directory.Client.LocateAsync(new LocateRequest { Root = Secret }, options)));
            Assert.Equal("", await ReasonAsync(directory.Client.LocateAsync(new LocateRequest { Root = Shown }, options)));
            Assert.Equal(sees ? "NO_LIVE_SOURCE" : "NO_SUCH_CONTENT", await DownloadAsync(directory, new DescargarRequest { Root = Secret }, token));
            Assert.Equal(sees ? "NO_LIVE_SOURCE" : "NO_SUCH_CONTENT", await DownloadAsync(directory, new DescargarRequest { Archivo = "secret.txt" }, token));
            Assert.Equal(sees ? "NO_LIVE_SOURCE" : "NO_SUCH_CONTENT", await DownloadAsync(directory, new DescargarRequest { Archivo = "lab/secret.txt" }, token));
            Assert.Equal(sees ? "" : "NO_SUCH_CONTENT", await ReasonAsync(directory.Client.RenewTicketAsync(
                new RenewTicketRequest { PeerId = here.PeerId, Root = Secret, Length = 3 }, options)));
        }
    }

    [Fact]
    public async Task Share_OpenedAgain_IsNamedToAll()
    {
        await using var directory = await StartAsync();
        var here = await HereAsync(directory);
        var stranger = TestDirectory.With(here.Tokens["stranger"]);

        await PublishAsync(directory, here.Tokens["owner"], new PublishRequest { Access = { new ShareAccess { Label = "lab" } } });

        Assert.Equal(2, (await directory.Client.SearchAsync(new SearchRequest { Archivo = "*.txt" }, stranger)).Hits.Count);
    }

    [Fact]
    public async Task Share_KeptToAGroup_StaysSoOverARestart()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-groups-");
        string token;
        await using (var first = await StartAsync(folder.FullName))
        {
            token = (await HereAsync(first)).Tokens["stranger"];
        }

        await using (var second = await StartAsync(folder.FullName))
        {
            var found = await second.Client.SearchAsync(new SearchRequest { Archivo = "*.txt" }, TestDirectory.With(token));
            Assert.Equal("open.txt", Assert.Single(found.Hits).Name);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Watch_FolderKeptToAGroup_TellsNothingOfItAlsoWhenItGoes()
    {
        await using var directory = await StartAsync();
        var here = await HereAsync(directory);
        using var watch = directory.Client.Watch(
            new WatchRequest { Kinds = { WatchKind.FileAdded, WatchKind.FileRemoved } }, TestDirectory.With(here.Tokens["stranger"]));
        await watch.ResponseHeadersAsync;

        await PublishAsync(directory, here.Tokens["owner"], new PublishRequest { Upserts = { File("lab/more.txt", Secret) } });
        // The owner shares the folder no longer: neither rule nor files are left.
        await PublishAsync(directory, here.Tokens["owner"], new PublishRequest { Replace = true, CatalogId = "new", Upserts = { File("pub/open.txt", Shown) } });
        await PublishAsync(directory, here.Tokens["owner"], new PublishRequest { Upserts = { File("pub/last.txt", Shown) } });

        Assert.True(await watch.ResponseStream.MoveNext(None));
        Assert.Equal("pub/last.txt", watch.ResponseStream.Current.File.Path);
    }

    [Fact]
    public async Task Publish_MoreFoldersKeptToGroupsThanTheQuota_IsRefused()
    {
        await using var directory = await StartAsync();
        var here = await HereAsync(directory);
        var batches = Enumerable.Range(0, 11).Select(i => new PublishRequest
        {
            Access = { Enumerable.Range(0, 100).Select(j => new ShareAccess { Label = $"f{i}-{j}", Groups = { "g" } }) },
        });

        var refused = await Assert.ThrowsAsync<RpcException>(() => PublishAsync(directory, here.Tokens["owner"], [.. batches]));

        Assert.Equal((StatusCode.ResourceExhausted, "QUOTA"), (refused.StatusCode, TestDirectory.Failure(refused).Reason));
    }

    static Task<TestDirectory> StartAsync(string? folder = null) => TestDirectory.StartAsync(AccessMode.Members, folder);

    /// <summary>An operator, an owner with one folder for a group, a member of the group and somebody else.</summary>
    static async Task<(string PeerId, Dictionary<string, string> Tokens)> HereAsync(TestDirectory directory)
    {
        var boss = await directory.Client.LoginAsync(
            new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = directory.OperatorCode }, TestDirectory.Anonymous);
        var tokens = new Dictionary<string, string> { ["boss"] = boss.Token };
        foreach (var (user, group) in ((string, string)[])[("owner", "none"), ("member", "lab"), ("stranger", "other")])
        {
            await directory.Operator.CreateAccountAsync(new() { User = user, Password = "per12345", Groups = { group } }, TestDirectory.With(boss.Token));
        }

        foreach (var user in (string[])["member", "stranger"])
        {
            using var reader = new TestKey();
            tokens[user] = (await reader.LoginAsync(directory, user)).Token;
        }

        using var key = new TestKey();
        var owner = await key.LoginAsync(directory, "owner", 5001);
        tokens["owner"] = owner.Token;
        await PublishAsync(directory, owner.Token, new PublishRequest
        {
            CatalogId = "c",
            Access = { new ShareAccess { Label = "lab", Groups = { "lab", "staff" } } },
            Upserts = { File("lab/secret.txt", Secret), File("pub/open.txt", Shown) },
        });
        // A reader's ticket is asked for with the owner's and the operator's sessions too: those have to have proved a key.
        using var bossKey = new TestKey();
        tokens["boss"] = (await bossKey.LoginAsync(directory, "boss")).Token;
        return (owner.PeerId, tokens);
    }

    static FileEntry File(string path, string root) => new() { Path = path, Root = root, Size = 3 };

    static async Task PublishAsync(TestDirectory directory, string token, params PublishRequest[] batches)
    {
        using var call = directory.Client.Publish(TestDirectory.With(token));
        foreach (var batch in batches)
        {
            await call.RequestStream.WriteAsync(batch, None);
        }

        await call.RequestStream.CompleteAsync();
        await call;
    }

    static async Task<string> DownloadAsync(TestDirectory directory, DescargarRequest request, string token)
    {
        using var call = directory.Client.Descargar(request, TestDirectory.With(token));
        return TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(None))).Reason;
    }

    static async Task<string> ReasonAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return "";
        }
        catch (RpcException refused)
        {
            return TestDirectory.Failure(refused).Reason;
        }
    }
}
