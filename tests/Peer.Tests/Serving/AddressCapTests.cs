using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Tests.Serving;

/// <summary>TRUST.md §2, Threads and sockets: what one address may have open at a peer.</summary>
public sealed class AddressCapTests : IAsyncDisposable
{
    readonly DaemonFixture _peer = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    [Fact]
    public async Task Open_MoreStreamsThanTheCapOfAnyCall_IsRefusedUntilOneLeaves()
    {
        _peer.Write("a", DaemonFixture.Bytes(16 * 1024 * 1024, 1));
        await _peer.StartAsync(options => options with { Serving = options.Serving with { StreamsPerAddress = 2 } });
        var request = new DownloadRequest { Ranges = { new DownloadRange { Path = "a" } } };
        var root = DaemonFixture.ContentOf(DaemonFixture.Bytes(16 * 1024 * 1024, 1)).Root.ToString();
        // Nobody reads on: both stay.
        using var first = _peer.Client.Download(request, cancellationToken: Cancel);
        Assert.True(await first.ResponseStream.MoveNext(Cancel));
        using var second = _peer.Client.Download(request, cancellationToken: Cancel);
        Assert.True(await second.ResponseStream.MoveNext(Cancel));

        using var third = _peer.Client.Download(request, cancellationToken: Cancel);
        using var watch = _peer.Client.WatchAvailability(new WatchAvailabilityRequest { Root = root }, cancellationToken: Cancel);
        using var upload = _peer.Client.Upload(cancellationToken: Cancel);
        foreach (var call in (Func<Task>[])
            [() => third.ResponseStream.MoveNext(Cancel), () => watch.ResponseStream.MoveNext(Cancel), () => upload.ResponseAsync])
        {
            var refused = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal((StatusCode.ResourceExhausted, "NO_SLOT"), (refused.StatusCode, DaemonFixture.ReasonOf(refused)));
            Assert.Contains("from that address", refused.Status.Detail, StringComparison.Ordinal);
            Assert.True(refused.GetRpcStatus()!.GetDetail<Google.Rpc.RetryInfo>().RetryDelay.Seconds > 0);
        }

        Assert.Equal(root, (await _peer.Client.DescribeAsync(new DescribeRequest { Path = "a" }, cancellationToken: Cancel)).Root);
        first.Dispose();
        while (!await OpensAsync(request))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
        }
    }

    [Fact]
    public async Task Connect_MoreThanTheCap_IsClosedUnread()
    {
        await _peer.StartAsync(options => options with { Serving = options.Serving with { ConnectionsPerAddress = 2 } });
        using var first = await ConnectAsync();
        using var second = await ConnectAsync();
        Assert.StartsWith("HTTP/1.1 ", await AskAsync(first), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 ", await AskAsync(second), StringComparison.Ordinal);
        Assert.Equal("", await AskAnotherAsync());
        Assert.StartsWith("HTTP/1.1 ", await AskAsync(first), StringComparison.Ordinal);
    }

    async Task<bool> OpensAsync(DownloadRequest request)
    {
        using var call = _peer.Client.Download(request, cancellationToken: Cancel);
        try
        {
            return await call.ResponseStream.MoveNext(Cancel);
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.ResourceExhausted)
        {
            return false;
        }
    }

    async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(_peer.Daemon.Url).Port, Cancel);
        return client;
    }

    /// <summary>Over one more connection, which may be closed before this side knows that it was there.</summary>
    async Task<string> AskAnotherAsync()
    {
        try
        {
            using var another = await ConnectAsync();
            return await AskAsync(another);
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return "";
        }
    }

    /// <summary>What begins the answer, which has no body that could come later; nothing if the connection was closed.</summary>
    static async Task<string> AskAsync(TcpClient client)
    {
        var buffer = new byte[4096];
        try
        {
            await client.GetStream().WriteAsync("HEAD /v1/catalog/files?archivo=x HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Cancel);
            return Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, Cancel));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
