using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Store;

namespace P2P.Server.Tests.Calls;

/// <summary>Streams of many batches, streams that break, and files that are odd.</summary>
public sealed class PublishStreamTests
{
    const int FilesPerBatch = 1000;

    /// <summary>With <c>P2P_PUBLISH=1000</c> batches: the million files that a peer may share.</summary>
    static readonly int Batches = int.Parse(Environment.GetEnvironmentVariable("P2P_PUBLISH") ?? "20", null);

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Grpc_ManyFilesInOneStream_AreAllThere()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        using var call = directory.Client.Publish(TestDirectory.With(login.Token));
        for (var i = 0; i < Batches; i++)
        {
            await call.RequestStream.WriteAsync(Batch(i), None);
        }

        await call.RequestStream.CompleteAsync();
        var answer = await call;
        Assert.Equal((Batches, Batches * FilesPerBatch, Batches), (answer.Sequence, answer.FileCount, answer.Batches));
    }

    [Fact]
    public async Task Json_ManyFilesInOneStream_AreAllThere()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/publish") { Content = new Lines(Batches, Json) };
        request.Headers.Authorization = new("Bearer", login.Token);
        using var answer = await directory.Http.SendAsync(request, None);
        Assert.Contains($"\"fileCount\":{Batches * FilesPerBatch}", await answer.Content.ReadAsStringAsync(None), StringComparison.Ordinal);
    }

    /// <summary>While the store does not take a batch, the client has to wait: nothing piles up in between.</summary>
    [Fact]
    public async Task Grpc_StoreIsSlow_TheClientWaits()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-slow-");
        var store = new StoppedStore(SqliteStore.Open(Path.Combine(folder.FullName, "directory.db"), NullLogger<SqliteStore>.Instance));
        await using (var directory = await TestDirectory.StartAsync(shared: store))
        {
            var login = await directory.LoginAsync("a", 5001);
            using var call = directory.Client.Publish(TestDirectory.With(login.Token));
            store.Stop();
            var sent = 0;
            var sending = Task.Run(async () =>
            {
                // 60 MB: far more than the windows of the connection and all buffers.
                for (var i = 0; i < 400; i++)
                {
                    await call.RequestStream.WriteAsync(Batch(i), None);
                    Volatile.Write(ref sent, i + 1);
                }
            }, TestContext.Current.CancellationToken);
            await await Task.WhenAny(store.Reached, sending);
            for (var i = 0; i < 100; i++)
            {
                await directory.SearchAsync("nothing");
            }

            Assert.InRange(Volatile.Read(ref sent), 1, 100);
            store.Go();
            await sending;
            await call.RequestStream.CompleteAsync();
            Assert.Equal(400, (await call).Batches);
        }

        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Json_StreamBreaksInALine_LeavesWholeBatchesOrNothing(bool replace)
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            var port = new Uri(directory.Url).Port;
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), None);
            await SendAsync(socket, $"POST /v1/publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nAuthorization: Bearer {login.Token}\r\nTransfer-Encoding: chunked\r\n\r\n");
            await SendChunkAsync(socket, $$"""{"catalogId":"c","sequence":"1","replace":{{(replace ? "true" : "false")}},"upserts":[{"path":"a"},{"path":"b"}]}""" + "\n");
            await SendChunkAsync(socket, """{"sequence":"2","upserts":[{"path":"c"}]}""" + "\n");
            await SendChunkAsync(socket, """{"sequence":"3","upserts":[{"path":"d"},{"pa""");
            // The first two are taken; then the connection is cut.
            await Wait.UntilAsync(() => replace || directory.Service<CatalogTable>().Of(login.PeerId).Sequence == 2);
            socket.Close(0);
        }

        var catalogs = directory.Service<CatalogTable>();
        Assert.Equal(replace ? [] : ["a", "b", "c"], (await directory.SearchAsync("*")).Order());
        // A stream of its own waits for the broken one's end, and finds the place from which to go on.
        var held = catalogs.Of(login.PeerId);
        Assert.Equal(replace ? ("", 0) : ("c", 2), (held.CatalogId, held.Sequence));
        using var rest = directory.Client.Publish(TestDirectory.With(login.Token));
        await rest.RequestStream.WriteAsync(new PublishRequest { CatalogId = "c", Sequence = held.Sequence + 1, Upserts = { new FileEntry { Path = "d" } } }, None);
        await rest.RequestStream.CompleteAsync();
        Assert.Equal(replace ? 1 : 4, (await rest).FileCount);
    }

    [Fact]
    public async Task Publish_OnePathInSeveralPlaces_TheLastWordCounts()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        var answer = await PublishAsync(
            directory, login,
            new PublishRequest { Upserts = { new FileEntry { Path = "a", Size = 1 }, new FileEntry { Path = "b", Size = 1 } } },
            new PublishRequest { Upserts = { new FileEntry { Path = "a", Size = 2 } }, Removes = { "a", "b", "b", "never there" } });
        Assert.Equal(1, answer.FileCount);
        var file = Assert.Single((await directory.Client.BrowseAsync(new BrowseRequest { PeerId = login.PeerId }, TestDirectory.Anonymous)).Files);
        Assert.Equal(("a", 2), (file.Path, file.Size));
    }

    /// <summary>Names that are legal on a peer's disk are kept to the byte, whatever they look like.</summary>
    [Theory]
    [InlineData("\u202egnp.exe")]
    [InlineData("zero\u200bwidth\u200d\ufeff")]
    [InlineData("\u05e9\u05dc\u05d5\u05dd \u0633\u0644\u0627\u0645.txt")]
    [InlineData("e\u0301 and \u00e9")]
    [InlineData("\U0001F468\u200d\U0001F469\u200d\U0001F467")]
    [InlineData("CON:*?<>|\\\"")]
    public async Task Publish_OddName_IsKeptAsItIs(string name)
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        await PublishAsync(directory, login, new PublishRequest { Upserts = { new FileEntry { Path = "label/" + name } } });
        var folder = await directory.Client.BrowseAsync(new BrowseRequest { PeerId = login.PeerId, Path = "label" }, TestDirectory.Anonymous);
        Assert.Equal("label/" + name, Assert.Single(folder.Files).Path);
        var found = await directory.Client.SearchAsync(new SearchRequest { Archivo = name, Kind = QueryKind.Exact }, TestDirectory.Anonymous);
        Assert.Equal(name, Assert.Single(found.Hits).Name);
    }

    public static TheoryData<string, long, string> BadFiles => new()
    {
        { "a/" + new string('x', 256), 1, "upserts[0].path" },
        { "a/" + string.Concat(Enumerable.Repeat("é", 128)), 1, "upserts[0].path" },
        { string.Concat(Enumerable.Repeat("1234567/", 512)) + "x", 1, "upserts[0].path" },
        { "a\u0000b", 1, "upserts[0].path" },
        { "a\u001b[2J", 1, "upserts[0].path" },
        { "a\u2028b", 1, "upserts[0].path" },
        { "a/../b", 1, "upserts[0].path" },
        { "/a", 1, "upserts[0].path" },
        { "a/", 1, "upserts[0].path" },
        { "", 1, "upserts[0].path" },
        { "a", -1, "upserts[0].size" },
        { "a", (1L << 50) + 1, "upserts[0].size" },
        { "a", long.MaxValue, "upserts[0].size" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task Publish_BadFile_IsAViolationOfItsField(string path, long size, string field)
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        var batch = new PublishRequest { Upserts = { new FileEntry { Path = path, Size = size } } };
        var refused = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => PublishAsync(directory, login, batch)));
        Assert.Equal((StatusCode.InvalidArgument, field), (refused.Code, TestDirectory.Fields(refused.Status)));
        Assert.Empty(await directory.SearchAsync("*"));
    }

    [Fact]
    public async Task Publish_LongestOfEverything_IsTaken()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        var batch = new PublishRequest { Upserts = { new FileEntry { Path = "a/" + new string('x', 255), Size = 1L << 50 } } };
        Assert.Equal(1, (await PublishAsync(directory, login, batch)).FileCount);
    }

    [Theory]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\u00ff\u00fe\"")]
    public async Task Json_TextThatIsNoUnicode_IsRefused(string path)
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await directory.LoginAsync("a", 5001);
        var body = Encoding.Latin1.GetBytes($$"""{"upserts":[{"path":{{path}}}]}""" + "\n");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/publish") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/x-ndjson");
        request.Headers.Authorization = new("Bearer", login.Token);
        using var answer = await directory.Http.SendAsync(request, None);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Empty(await directory.SearchAsync("*"));
    }

    static PublishRequest Batch(int number) => new()
    {
        Sequence = number + 1,
        Upserts =
        {
            Enumerable.Range(number * FilesPerBatch, FilesPerBatch).Select(i => new FileEntry
            {
                Path = $"label/folder {number}/file {i}.bin", Size = 1 + i, Root = (i + 1).ToString("x64", CultureInfo.InvariantCulture),
            }),
        },
    };

    static byte[] Json(int number) => Encoding.UTF8.GetBytes(Google.Protobuf.JsonFormatter.Default.Format(Batch(number)) + "\n");

    static async Task<PublishResponse> PublishAsync(TestDirectory directory, LoginResponse login, params PublishRequest[] batches)
    {
        using var call = directory.Client.Publish(TestDirectory.With(login.Token));
        foreach (var batch in batches)
        {
            await call.RequestStream.WriteAsync(batch, None);
        }

        await call.RequestStream.CompleteAsync();
        return await call;
    }

    static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text), None);

    static Task SendChunkAsync(Socket socket, string text) => SendAsync(socket, $"{text.Length:x}\r\n{text}\r\n");

    /// <summary>A body that is made line by line while it is sent.</summary>
    sealed class Lines : HttpContent
    {
        readonly int _count;
        readonly Func<int, byte[]> _line;

        public Lines(int count, Func<int, byte[]> line)
        {
            (_count, _line) = (count, line);
            Headers.ContentType = new("application/x-ndjson");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var i = 0; i < _count; i++)
            {
                await stream.WriteAsync(_line(i));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>A store whose commits wait until they are let go.</summary>
    sealed class StoppedStore(IDirectoryStore inner) : IDirectoryStore
    {
        readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource _gate = Open();

        public Task Reached => _reached.Task;

        public string Engine => inner.Engine;

        public bool IsReadOnly => inner.IsReadOnly;

        public void Stop() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Go() => _gate.SetResult();

        public IEnumerable<StoreChange> Load() => inner.Load();

        public async Task CommitAsync(IReadOnlyList<StoreChange> changes)
        {
            if (!_gate.Task.IsCompleted)
            {
                _reached.TrySetResult();
            }

            await _gate.Task;
            await inner.CommitAsync(changes);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        static TaskCompletionSource Open()
        {
            var open = new TaskCompletionSource();
            open.SetResult();
            return open;
        }
    }
}
