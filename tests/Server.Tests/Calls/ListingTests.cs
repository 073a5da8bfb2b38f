using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Catalogs;

namespace P2P.Server.Tests.Calls;

public sealed class ListingTests
{
    [Fact]
    public async Task Index_PageByPage_GivesEveryFileOnceUnderItsPeer()
    {
        await using var directory = await TestDirectory.StartAsync();
        var expected = new List<string>();
        for (var peer = 0; peer < 4; peer++)
        {
            var names = Enumerable.Range(0, peer * 5).Select(i => $"f{i:00}").ToArray();
            await directory.LoginAsync($"user{peer}", 5001 + peer, string.Join(',', names));
            expected.AddRange(names.Select(name => $"user{peer} {name}"));
        }

        var (seen, peers, request) = (new List<string>(), new HashSet<string>(), new IndexRequest { PageSize = 4 });
        do
        {
            var page = await directory.Client.IndexAsync(request, TestDirectory.Anonymous);
            Assert.InRange(page.Peers.Sum(peer => Math.Max(1, peer.Files.Count)), 1, 4);
            seen.AddRange(page.Peers.SelectMany(peer => peer.Files.Select(file => $"{peer.Peer.User} {file.Path}")));
            peers.UnionWith(page.Peers.Select(peer => peer.Peer.User));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(expected, seen);
        Assert.Equal(4, peers.Count);
        var only = await directory.Client.IndexAsync(new IndexRequest { PeersOnly = true }, TestDirectory.Anonymous);
        Assert.Equal([0, 5, 10, 15], only.Peers.Select(peer => peer.Peer.FileCount));
        Assert.All(only.Peers, peer => Assert.Empty(peer.Files));
    }

    [Fact]
    public async Task Index_VeryLongPaths_PageToo()
    {
        await using var directory = await TestDirectory.StartAsync();
        var folder = string.Join('/', Enumerable.Repeat(new string('ñ', 100), 15));
        var files = Enumerable.Range(0, 5).Select(i => Peers.Name($"{folder}/{i}")).ToArray();
        await ShareAsync(directory, "a", 5001, files);
        var (seen, request) = (new List<string>(), new IndexRequest { PageSize = 1 });
        do
        {
            var page = await directory.Client.IndexAsync(request, TestDirectory.Anonymous);
            seen.Add(page.Peers.Single().Files.Single().Path);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(files.Select(file => file.Path), seen);
    }

    [Fact]
    public async Task Browse_Folder_ListsFoldersThenFilesPageByPage()
    {
        await using var directory = await TestDirectory.StartAsync();
        var peer = await ShareAsync(
            directory, "a", 5001, Peers.File("m/b/1", 1, 7), Peers.File("m/b/c/2", 2, 8), Peers.File("m/a/3", 3), Peers.File("m/z", 4), Peers.File("m-x/y", 5));
        var (seen, request) = (new List<string>(), new BrowseRequest { PeerId = peer, Path = "m", PageSize = 1 });
        do
        {
            var page = await directory.Client.BrowseAsync(request, TestDirectory.Anonymous);
            seen.AddRange(page.Folders.Select(folder => $"{folder.Path} {folder.FileCount} {folder.TotalSize}"));
            seen.AddRange(page.Files.Select(file => file.Path));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(["m/a 1 10", "m/b 2 15", "m/z"], seen);
        var labels = await directory.Client.BrowseAsync(new BrowseRequest { PeerId = peer }, TestDirectory.Anonymous);
        Assert.Equal(["m-x", "m"], labels.Folders.Select(folder => folder.Path));
        var all = await directory.Client.BrowseAsync(new BrowseRequest { PeerId = peer, Path = "m", Recursive = true }, TestDirectory.Anonymous);
        Assert.Equal(["m/a/3", "m/b/1", "m/b/c/2", "m/z"], all.Files.Select(file => file.Path));
        var none = await TestDirectory.FailureAsync(
            directory.Client.BrowseAsync(new BrowseRequest { PeerId = peer, Path = "none" }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_PATH"), (none.Code, none.Reason));
        var nobody = await TestDirectory.FailureAsync(directory.Client.BrowseAsync(new BrowseRequest { PeerId = "x" }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_PEER"), (nobody.Code, nobody.Reason));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Browse_LongPathsAndSurrogates_PageToTheEnd(bool asFolders)
    {
        await using var directory = await TestDirectory.StartAsync();
        var folder = string.Join('/', Enumerable.Repeat(new string('ñ', 100), 3));
        string[] names = ["a", "\uff01", "\U0001f600", "b" + new string('x', 200), "c"];
        var paths = names.Select(name => $"{folder}/{name}").ToArray();
        var peer = await ShareAsync(directory, "a", 5001, [.. paths.Select(path => Peers.Name(asFolders ? path + "/file" : path))]);
        var (seen, request) = (new List<string>(), new BrowseRequest { PeerId = peer, Path = folder, PageSize = 1 });
        do
        {
            var page = await directory.Client.BrowseAsync(request, TestDirectory.Anonymous);
            seen.AddRange(page.Folders.Select(entry => entry.Path).Concat(page.Files.Select(file => file.Path)));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && seen.Count < 10);

        Assert.Equal(paths.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Index_EmptyAddress_IsNone()
    {
        await using var directory = await TestDirectory.StartAsync();
        await ShareAsync(directory, "a", 5001, Peers.Name("x"));
        var all = await directory.Client.IndexAsync(new IndexRequest { Ip = "", Url = "" }, TestDirectory.Anonymous);
        Assert.Single(all.Peers);
        var logout = await TestDirectory.FailureAsync(directory.Client.LogoutAsync(new LogoutRequest { Ip = "", Url = "" }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_REQUIRED"), (logout.Code, logout.Reason));
    }

    [Fact]
    public async Task Locate_RootOfVeryManyLengths_TellsSome()
    {
        await using var directory = await TestDirectory.StartAsync();
        await ShareAsync(directory, "a", 5001, [.. Enumerable.Range(1, 500).Select(i => Peers.File($"{i}", 1, i))]);
        var refused = await TestDirectory.FailureAsync(directory.Client.LocateAsync(new LocateRequest { Root = Peers.Root(1) }, TestDirectory.Anonymous));
        Assert.Equal(20, refused.Status.Details[0].Unpack<Google.Rpc.ErrorInfo>().Metadata["lengths"].Split(',').Length);
    }

    [Fact]
    public async Task Locate_PageByPage_GivesEverySourceOnce()
    {
        await using var directory = await TestDirectory.StartAsync();
        for (var i = 0; i < 7; i++)
        {
            await ShareAsync(directory, $"u{i}", 5001 + i, Peers.File($"x/{i}", 1));
        }

        var (seen, request) = (new List<string>(), new LocateRequest { Root = Peers.Root(1), PageSize = 3 });
        do
        {
            var page = await directory.Client.LocateAsync(request, TestDirectory.Anonymous);
            Assert.Equal((7, 10), (page.SourceCount, page.Length));
            seen.AddRange(page.Sources.Select(source => source.Source.Path));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"x/{i}"), seen.Order());
    }

    [Fact]
    public async Task Locate_RootOfTwoLengths_WantsTheLength()
    {
        await using var directory = await TestDirectory.StartAsync();
        await ShareAsync(directory, "a", 5001, Peers.File("a", 1, 64), Peers.File("b", 1, 32768));
        var refused = await TestDirectory.FailureAsync(directory.Client.LocateAsync(new LocateRequest { Root = Peers.Root(1) }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.FailedPrecondition, "AMBIGUOUS_CONTENT"), (refused.Code, refused.Reason));
        Assert.Equal("64,32768", refused.Status.Details[0].Unpack<Google.Rpc.ErrorInfo>().Metadata["lengths"]);
        var found = await directory.Client.LocateAsync(new LocateRequest { Root = Peers.Root(1), Length = 64 }, TestDirectory.Anonymous);
        Assert.Equal("a", found.Sources.Single().Source.Path);
        var none = await TestDirectory.FailureAsync(directory.Client.LocateAsync(new LocateRequest { Root = Peers.Root(2) }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_CONTENT"), (none.Code, none.Reason));
    }

    static async Task<string> ShareAsync(TestDirectory directory, string user, int port, params FileEntry[] files)
    {
        var request = new LoginRequest { User = user, Password = "per1234", Ip = "127.0.0.1", Port = port, Files = { files } };
        return (await directory.Client.LoginAsync(request, TestDirectory.Anonymous)).PeerId;
    }
}
