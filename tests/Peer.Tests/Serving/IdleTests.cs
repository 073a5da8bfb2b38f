using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Serving;
using P2P.Peers.Sharing;
using P2P.Peers.Tests.Sharing;

namespace P2P.Peers.Tests.Serving;

public sealed class IdleTests : IDisposable
{
    readonly SharingFixture _fixture = new();
    readonly FakeTimeProvider _time = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Download_NobodyReads_IsCutOffAndGivesItsSlotBack()
    {
        _fixture.Write("a", 1, 2, 3);
        await _fixture.UpdateAsync();
        var slots = new UploadSlots(1, TimeSpan.FromSeconds(2), _ => false, _time);
        var server = Server(slots);
        var serving = server.ServeAsync(Ranges, 0, Caller.InTheClear, "ana", new MessageChunks(new StuckWriter()), DaemonFixture.Cancellation);

        Assert.Equal(0, slots.Free);
        _time.Advance(new ServingOptions().IdleLimit);

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => serving)).StatusCode);
        Assert.Equal(1, slots.Free);
    }

    [Fact]
    public async Task Download_FileChangesMidway_EndsWithChanged()
    {
        var path = _fixture.Write("a", DaemonFixture.Bytes(600_000, 1));
        await _fixture.UpdateAsync();
        var writer = new RecordingWriter(() => File.AppendAllText(path, "more"));

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => Server(new UploadSlots(1, TimeSpan.FromSeconds(2), _ => false, _time)).ServeAsync(
                Ranges, 0, Caller.InTheClear, "ana", new MessageChunks(writer), DaemonFixture.Cancellation));

        Assert.Equal("CHANGED", DaemonFixture.ReasonOf(failure));
        Assert.Equal(DaemonFixture.Bytes(600_000, 1)[..262_144], Assert.Single(writer.Data));
    }

    [Fact]
    public void OnError_NoWatchesLeft_FallsBackToRescans()
    {
        var requests = new ScanRequests(_fixture.Options, _time);
        using var watcher = FolderWatcher.Start(_fixture.Folder, requests, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.True(watcher.IsWatching);

        watcher.OnError(new InternalBufferOverflowException());
        Assert.True(watcher.IsWatching);
        watcher.OnError(new IOException("The configured user limit on the number of inotify watches has been reached."));

        Assert.False(watcher.IsWatching);
    }

    DownloadServer Server(UploadSlots slots) => new(
        Gates.Open(_fixture.State, _time), new PartialShelf(_fixture.State, _time), new ScanRequests(_fixture.Options, _time), slots, new ServingOptions(), _time);

    static DownloadRange[] Ranges => [new DownloadRange { Path = "a" }];

    sealed class StuckWriter : IServerStreamWriter<DownloadResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(DownloadResponse message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(DownloadResponse message, CancellationToken cancellationToken) =>
            Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }

    sealed class RecordingWriter(Action afterWrite) : IServerStreamWriter<DownloadResponse>
    {
        public List<byte[]> Data { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(DownloadResponse message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(DownloadResponse message, CancellationToken cancellationToken)
        {
            Data.Add(message.Data.ToByteArray());
            afterWrite();
            return Task.CompletedTask;
        }
    }
}
