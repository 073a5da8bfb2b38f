using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Serving;

namespace P2P.Peers.Tests.Serving;

public sealed class InboxTests : IAsyncDisposable
{
    readonly DaemonFixture _peer = new();

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    [Fact]
    public async Task Upload_Whole_AppearsUnderItsName()
    {
        await OpenInboxAsync();
        var bytes = DaemonFixture.Bytes(300_000, 1);
        var time = new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        var header = Header("deep/naïve name.bin", bytes);
        header.Time = Timestamp.FromDateTime(time);
        header.Executable = true;

        var answer = await UploadAsync(header, bytes);

        Assert.Equal(("deep/naïve name.bin", 300_000), (answer.Path, answer.Length));
        var path = Path.Combine(_peer.Inbox, answer.Path);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path, DaemonFixture.Cancellation));
        Assert.Equal(time, File.GetLastWriteTimeUtc(path));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute));
        Assert.Single(Directory.GetFiles(_peer.Inbox, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Upload_TimeThatIsNone_IsAViolation()
    {
        await OpenInboxAsync();
        var header = Header("a.txt", [1]);
        header.Time = new Timestamp { Seconds = long.MaxValue };
        var refused = await Assert.ThrowsAsync<RpcException>(() => UploadAsync(header, [1]));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task Upload_NameTaken_GetsANumber()
    {
        await OpenInboxAsync();
        await UploadAsync(Header("a.txt", [1]), [1]);

        Assert.Equal("a (2).txt", (await UploadAsync(Header("a.txt", [2]), [2])).Path);
        Assert.Equal("a (3).txt", (await UploadAsync(Header("a.txt", [3]), [3])).Path);
        Assert.Equal([1], await File.ReadAllBytesAsync(Path.Combine(_peer.Inbox, "a.txt"), DaemonFixture.Cancellation));
    }

    [Fact]
    public async Task Upload_BrokenOff_ResumesWhereDescribeSays()
    {
        await OpenInboxAsync();
        var bytes = DaemonFixture.Bytes(100_000, 1);
        Assert.Equal("UPLOAD_OFFSET", await ReasonAsync(() => UploadAsync(Header("a", bytes), bytes[..50_000])));

        var state = await DescribeAsync(bytes);
        Assert.Equal(49_152, state.UploadOffset);
        var wrong = Header("a", bytes);
        wrong.Offset = 32_768;
        Assert.Equal("UPLOAD_OFFSET", await ReasonAsync(() => UploadAsync(wrong, bytes[32_768..])));
        var header = Header("a", bytes);
        header.Offset = state.UploadOffset;
        await UploadAsync(header, bytes[49_152..]);

        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(_peer.Inbox, "a"), DaemonFixture.Cancellation));
    }

    [Fact]
    public async Task Upload_WrongBytes_LeavesNothing()
    {
        await OpenInboxAsync();
        var bytes = DaemonFixture.Bytes(100_000, 1);
        byte[] wrong = [.. bytes];
        wrong[70_000] ^= 1;

        Assert.Equal("ROOT_MISMATCH", await ReasonAsync(() => UploadAsync(Header("a", bytes), wrong)));

        Assert.Empty(Directory.GetFileSystemEntries(_peer.Inbox));
    }

    [Fact]
    public async Task Upload_MoreThanAnnounced_IsRefused()
    {
        await OpenInboxAsync();
        var bytes = DaemonFixture.Bytes(1_000, 1);

        var refused = await Assert.ThrowsAsync<RpcException>(() => UploadAsync(Header("a", bytes), [.. bytes, 0]));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.False(File.Exists(Path.Combine(_peer.Inbox, "a")));
    }

    [Fact]
    public async Task Upload_InboxClosed_IsRefused()
    {
        await _peer.StartAsync();

        Assert.Equal("INBOX_CLOSED", await ReasonAsync(() => UploadAsync(Header("a", [1]), [1])));
        Assert.Equal("INBOX_CLOSED", await ReasonAsync(() => DescribeAsync([1])));
    }

    [Fact]
    public async Task Upload_OverTheQuota_IsRefused()
    {
        await OpenInboxAsync(quota: 1_000);
        await UploadAsync(Header("a", DaemonFixture.Bytes(600, 1)), DaemonFixture.Bytes(600, 1));

        Assert.Equal("INBOX_FULL", await ReasonAsync(() => UploadAsync(Header("b", DaemonFixture.Bytes(600, 2)), DaemonFixture.Bytes(600, 2))));
        await UploadAsync(Header("c", DaemonFixture.Bytes(400, 3)), DaemonFixture.Bytes(400, 3));
    }

    [Fact]
    public async Task Upload_WhileAnotherWillFillTheQuota_IsRefused()
    {
        await OpenInboxAsync(quota: 1_000);
        using var first = _peer.Client.Upload(cancellationToken: DaemonFixture.Cancellation);
        await first.RequestStream.WriteAsync(new UploadRequest { Header = Header("a", DaemonFixture.Bytes(600, 1)) }, DaemonFixture.Cancellation);
        await first.RequestStream.WriteAsync(new UploadRequest { Data = ByteString.CopyFrom(DaemonFixture.Bytes(600, 1)[..100]) }, DaemonFixture.Cancellation);
        await Wait.UntilAsync(() => Directory.Exists(_peer.Inbox) && Directory.GetFiles(_peer.Inbox) is [var part] && new FileInfo(part).Length == 100);

        Assert.Equal("INBOX_FULL", await ReasonAsync(() => UploadAsync(Header("b", DaemonFixture.Bytes(600, 2)), DaemonFixture.Bytes(600, 2))));
    }

    [Fact]
    public async Task Upload_SharedAlready_NeedsNoBytes()
    {
        _peer.Write("have", [1, 2, 3]);
        await OpenInboxAsync();

        Assert.True((await DescribeAsync([1, 2, 3])).Present);
        Assert.True((await UploadAsync(Header("a", [1, 2, 3]), [])).Present);
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("/etc/escape")]
    [InlineData("a//b")]
    public async Task Upload_PathThatIsNone_IsAViolation(string path)
    {
        await OpenInboxAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(() => UploadAsync(Header(path, [1]), [1]));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Theory]
    [InlineData("CON")]
    [InlineData("a:b\\c")]
    [InlineData("trailing. ")]
    [InlineData(".hidden\u202Etxt.exe")]
    public async Task Upload_DangerousName_IsSanitised(string name)
    {
        await OpenInboxAsync();

        var answer = await UploadAsync(Header(name, [1]), [1]);

        Assert.NotEqual(name, answer.Path);
        Assert.Equal([Path.Combine(_peer.Inbox, answer.Path)], Directory.GetFiles(_peer.Inbox, "*", SearchOption.AllDirectories));
    }

    Task OpenInboxAsync(long? quota = null) => _peer.StartAsync(options => options with { Inbox = new InboxOptions(_peer.Inbox, quota) });

    async Task<DescribeResponse> DescribeAsync(byte[] bytes)
    {
        var content = DaemonFixture.ContentOf(bytes);
        var request = new DescribeRequest { Root = content.Root.ToString(), Length = content.Length, ForUpload = true };
        return await _peer.Client.DescribeAsync(request, cancellationToken: DaemonFixture.Cancellation);
    }

    async Task<UploadResponse> UploadAsync(UploadHeader header, byte[] data)
    {
        using var call = _peer.Client.Upload(cancellationToken: DaemonFixture.Cancellation);
        try
        {
            await call.RequestStream.WriteAsync(new UploadRequest { Header = header }, DaemonFixture.Cancellation);
            foreach (var chunk in data.Chunk(40_000))
            {
                await call.RequestStream.WriteAsync(new UploadRequest { Data = ByteString.CopyFrom(chunk) }, DaemonFixture.Cancellation);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception early) when (early is RpcException or InvalidOperationException)
        {
            // The peer answered before the end: the answer says why.
        }

        return await call.ResponseAsync;
    }

    static UploadHeader Header(string path, byte[] bytes)
    {
        ContentId content = DaemonFixture.ContentOf(bytes);
        return new UploadHeader { Path = path, Length = content.Length, Root = content.Root.ToString() };
    }

    static async Task<string> ReasonAsync(Func<Task> call) => DaemonFixture.ReasonOf(await Assert.ThrowsAsync<RpcException>(call));
}
