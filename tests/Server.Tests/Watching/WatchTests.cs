using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Watching;

public sealed class WatchTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watch_FromNowOn_TellsWhereItBeginsAndThenWhatHappens()
    {
        await using var directory = await TestDirectory.StartAsync();
        var reader = await ReaderAsync(directory);
        using var watch = directory.Client.Watch(new WatchRequest(), TestDirectory.With(reader));
        var first = await NextAsync(watch);
        Assert.Equal(WatchKind.Idle, first.Kind);

        var login = await directory.LoginAsync("a", 5001, "old.txt");
        await PublishAsync(directory, login, new PublishRequest { Replace = true, Upserts = { Name("x/new.txt") } });
        await PublishAsync(directory, login, new PublishRequest { Upserts = { Name("x/b") }, Removes = { "x/new.txt", "x/none" } });
        await directory.Client.LogoutAsync(new(), TestDirectory.With(login.Token));

        var told = await NextAsync(watch, 6);
        Assert.Equal(
            ["PeerOnline ", "FileRemoved old.txt", "FileAdded x/new.txt", "FileRemoved x/new.txt", "FileAdded x/b", "PeerOffline "],
            told.Select(message => $"{message.Kind} {message.File?.Path}"));
        Assert.All(told, message => Assert.Equal(login.PeerId, message.Peer.PeerId));
        Assert.Equal(told.Select(message => message.Sequence).Order(), told.Select(message => message.Sequence));
        Assert.All(told, message => Assert.True(message.Sequence > first.Sequence));
        Assert.Equal((1, 1), (told[0].Peer.FileCount, told[^1].Peer.FileCount));
    }

    [Fact]
    public async Task Watch_AfterASequence_GoesOnInTheMiddleOfABatch()
    {
        await using var directory = await TestDirectory.StartAsync();
        var reader = await ReaderAsync(directory);
        using var whole = directory.Client.Watch(new WatchRequest(), TestDirectory.With(reader));
        await NextAsync(whole);
        var login = await directory.LoginAsync("a", 5001);
        await PublishAsync(directory, login, new PublishRequest { Upserts = { Name("1"), Name("2"), Name("3") } });
        var all = await NextAsync(whole, 4);

        using var rest = directory.Client.Watch(new WatchRequest { AfterSequence = all[1].Sequence }, TestDirectory.With(reader));
        Assert.Equal(all[2..], await NextAsync(rest, 2));
    }

    [Fact]
    public async Task Watch_StandingQuery_TellsOfFilesThatComeWithTheirPeerToo()
    {
        await using var directory = await TestDirectory.StartAsync();
        var reader = await ReaderAsync(directory);
        var request = new WatchRequest { Archivo = "CANCION", Kinds = { WatchKind.QueryMatched, WatchKind.PeerOffline } };
        using var watch = directory.Client.Watch(request, TestDirectory.With(reader));
        await watch.ResponseHeadersAsync;
        var login = await directory.LoginAsync("a", 5001, "Canción.mp3,other");
        await PublishAsync(directory, login, new PublishRequest { Upserts = { Name("m/otra canción.ogg"), Name("canción/other") } });
        await directory.Client.LogoutAsync(new(), TestDirectory.With(login.Token));
        Assert.Equal(["Canción.mp3", "m/otra canción.ogg", null], (await NextAsync(watch, 3)).Select(message => message.File?.Path));
    }

    [Fact]
    public async Task Watch_OnePeer_TellsOfNoOther()
    {
        await using var directory = await TestDirectory.StartAsync();
        var reader = await ReaderAsync(directory);
        var wanted = await directory.LoginAsync("a", 5001);
        using var watch = directory.Client.Watch(new WatchRequest { PeerId = wanted.PeerId }, TestDirectory.With(reader));
        await NextAsync(watch);
        await directory.LoginAsync("b", 5002, "f");
        await PublishAsync(directory, wanted, new PublishRequest { Upserts = { Name("mine") } });
        Assert.Equal("mine", (await NextAsync(watch)).File.Path);
    }

    [Fact]
    public async Task Watch_AfterARestart_OldSequencesAreGoneAndNewOnesHigher()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-watch-");
        long old;
        await using (var directory = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            using var watch = directory.Client.Watch(new WatchRequest(), TestDirectory.With(await ReaderAsync(directory)));
            await NextAsync(watch);
            await directory.LoginAsync("a", 5001, "f");
            old = (await NextAsync(watch)).Sequence;
        }

        await using (var directory = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            var reader = await ReaderAsync(directory);
            Assert.Equal((StatusCode.OutOfRange, "SEQUENCE_GONE"), await RefusalAsync(directory, reader, new WatchRequest { AfterSequence = old }));
            using var watch = directory.Client.Watch(new WatchRequest(), TestDirectory.With(reader));
            Assert.True((await NextAsync(watch)).Sequence > old);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Watch_TooSlow_IsCutOffAndGoesOnWhereItWas()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Watch.KeptEvents = 3600);
        var reader = await ReaderAsync(directory);
        using var slow = directory.Client.Watch(new WatchRequest(), TestDirectory.With(reader));
        var last = await NextAsync(slow);
        var login = await directory.LoginAsync("a", 5001);
        // It reads nothing while more is published than fits into all buffers between the two.
        for (var i = 0; i < 5; i++)
        {
            var batch = new PublishRequest { Upserts = { Enumerable.Range(0, 700).Select(j => Name($"{new string('x', 200)}/{i}/{j}")) } };
            await PublishAsync(directory, login, batch);
        }

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await slow.ResponseStream.MoveNext(None))
            {
                last = slow.ResponseStream.Current;
            }
        });
        var told = TestDirectory.Failure(failure);
        Assert.Equal((StatusCode.ResourceExhausted, "SLOW_WATCHER"), (told.Code, told.Reason));
        using var again = directory.Client.Watch(new WatchRequest { AfterSequence = last.Sequence }, TestDirectory.With(reader));
        var rest = await NextAsync(again);
        Assert.Equal(WatchKind.FileAdded, rest.Kind);
        Assert.InRange(rest.Sequence, last.Sequence + 1, last.Sequence + 2);
    }

    [Fact]
    public async Task Watch_NeverRead_LosesItsConnection()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Watch.UnreadSeconds = 1);
        using var watch = directory.Client.Watch(new WatchRequest(), TestDirectory.With(await ReaderAsync(directory)));
        await NextAsync(watch);
        var login = await directory.LoginAsync("a", 5001);
        var batch = new PublishRequest { Upserts = { Enumerable.Range(0, 900).Select(j => Name($"{new string('x', 200)}/{j}")) } };
        await PublishAsync(directory, login, batch, batch);
        await Wait.UntilAsync(() => directory.Service<P2P.Server.Watching.WatchDesk>().Running == 0);
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await watch.ResponseStream.MoveNext(None))
            {
            }
        });
    }

    [Fact]
    public async Task Watch_MoreThanTheQuota_IsRefusedUntilOneEnds()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Watch.PerAccount = 1);
        var reader = await ReaderAsync(directory);
        using (var first = directory.Client.Watch(new WatchRequest(), TestDirectory.With(reader)))
        {
            await NextAsync(first);
            Assert.Equal((StatusCode.ResourceExhausted, "QUOTA"), await RefusalAsync(directory, reader, new WatchRequest()));
        }

        await Wait.UntilAsync(() => directory.Service<P2P.Server.Watching.WatchDesk>().Running == 0);
        using var next = directory.Client.Watch(new WatchRequest(), TestDirectory.With(reader));
        Assert.Equal(WatchKind.Idle, (await NextAsync(next)).Kind);
    }

    [Fact]
    public async Task Watch_SessionEnds_EndsWithIt()
    {
        await using var directory = await TestDirectory.StartAsync();
        var reader = await ReaderAsync(directory);
        using var watch = directory.Client.Watch(new WatchRequest(), TestDirectory.With(reader));
        await NextAsync(watch);
        await directory.Client.LogoutAsync(new(), TestDirectory.With(reader));
        var told = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(None)));
        Assert.Equal((StatusCode.Unauthenticated, "LOGGED_OUT"), (told.Code, told.Reason));
    }

    [Fact]
    public async Task Watch_NothingHappens_SaysSoWithTheLatestSequence()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Watch.IdleSeconds = 1);
        var request = new WatchRequest { Kinds = { WatchKind.Idle } };
        using var watch = directory.Client.Watch(request, TestDirectory.With(await ReaderAsync(directory)));
        var first = await NextAsync(watch);
        await directory.LoginAsync("a", 5001);
        var second = await NextAsync(watch);
        Assert.Equal((WatchKind.Idle, first.Sequence + 1), (second.Kind, second.Sequence));
    }

    [Fact]
    public async Task Watch_WithoutAToken_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var watch = directory.Client.Watch(new WatchRequest(), TestDirectory.Anonymous);
        var told = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(None)));
        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_REQUIRED"), (told.Code, told.Reason));
    }

    [Fact]
    public async Task Watch_BadRequest_NamesEveryFault()
    {
        await using var directory = await TestDirectory.StartAsync();
        var request = new WatchRequest { AfterSequence = -1, Kinds = { WatchKind.QueryMatched, WatchKind.Unspecified, (WatchKind)77 } };
        using var watch = directory.Client.Watch(request, TestDirectory.With(await ReaderAsync(directory)));
        var told = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(None)));
        Assert.Equal("afterSequence archivo kinds kinds[2]", TestDirectory.Fields(told.Status));
    }

    [Theory]
    [InlineData("application/json", "")]
    [InlineData("text/event-stream", "data: ")]
    public async Task Watch_OverHttp_IsOneMessageALine(string accept, string prefix)
    {
        await using var directory = await TestDirectory.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/watch?kinds=WATCH_KIND_FILE_ADDED&kinds=WATCH_KIND_IDLE");
        request.Headers.Authorization = new("Bearer", await ReaderAsync(directory));
        request.Headers.Accept.ParseAdd(accept);
        using var answer = await directory.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, None);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(None));
        Assert.StartsWith(prefix + "{\"sequence\":\"", await LineAsync(lines), StringComparison.Ordinal);
        var login = await directory.LoginAsync("a", 5001);
        await PublishAsync(directory, login, new PublishRequest { Upserts = { Name("x/\"quoted\"") } });
        var line = await LineAsync(lines);
        Assert.StartsWith(prefix + "{\"sequence\":\"", line, StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"WATCH_KIND_FILE_ADDED\"", line, StringComparison.Ordinal);
        Assert.Contains("""x/\"quoted\""" + "\"", line, StringComparison.Ordinal);
    }

    static async Task<string> LineAsync(StreamReader lines)
    {
        while (true)
        {
            var line = await lines.ReadLineAsync(None) ?? throw new EndOfStreamException();
            if (line.Length > 1)
            {
                return line;
            }
        }
    }

    static async Task<string> ReaderAsync(TestDirectory directory) => (await directory.Client.LoginAsync(
        new LoginRequest { User = "watcher", Password = "per1234", Reader = true }, TestDirectory.Anonymous)).Token;

    static FileEntry Name(string path) => new() { Path = path };

    static async Task PublishAsync(TestDirectory directory, LoginResponse login, params PublishRequest[] batches)
    {
        using var call = directory.Client.Publish(TestDirectory.With(login.Token));
        foreach (var batch in batches)
        {
            await call.RequestStream.WriteAsync(batch, None);
        }

        await call.RequestStream.CompleteAsync();
        await call;
    }

    static async Task<WatchResponse> NextAsync(AsyncServerStreamingCall<WatchResponse> watch) => (await NextAsync(watch, 1))[0];

    static async Task<List<WatchResponse>> NextAsync(AsyncServerStreamingCall<WatchResponse> watch, int count)
    {
        var messages = new List<WatchResponse>();
        while (messages.Count < count)
        {
            Assert.True(await watch.ResponseStream.MoveNext(None));
            messages.Add(watch.ResponseStream.Current);
        }

        return messages;
    }

    static async Task<(StatusCode, string)> RefusalAsync(TestDirectory directory, string token, WatchRequest request)
    {
        using var watch = directory.Client.Watch(request, TestDirectory.With(token));
        var told = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(None)));
        return (told.Code, told.Reason);
    }
}
