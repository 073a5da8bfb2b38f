using System.Net;
using System.Net.Sockets;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Hosting;

/// <summary>Row "CPU; A": the cap on connections of one address.</summary>
public sealed class ConnectionCapTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connect_MoreThanTheCap_IsClosedUnreadUntilOneLeaves()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Connections.PerAddress = 3);
        var open = new List<TcpClient>();
        for (var i = 0; i < 3; i++)
        {
            open.Add(await ConnectAsync(directory));
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(open[^1]), StringComparison.Ordinal);
        }

        Assert.Equal("", await AskAnotherAsync(directory));

        // They still have theirs, and a place that is left is taken by the next.
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(open[0]), StringComparison.Ordinal);
        open[0].Dispose();
        while (await AskAnotherAsync(directory) is "")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, None);
        }

        open.ForEach(client => client.Dispose());
    }

    static async Task<TcpClient> ConnectAsync(TestDirectory directory)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(directory.Url).Port, None);
        return client;
    }

    /// <summary>Over one more connection, which may be closed before this side knows that it was there.</summary>
    static async Task<string> AskAnotherAsync(TestDirectory directory)
    {
        try
        {
            using var another = await ConnectAsync(directory);
            return await AskAsync(another);
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return "";
        }
    }

    /// <summary>What begins the answer; nothing if the connection was closed.</summary>
    static async Task<string> AskAsync(TcpClient client)
    {
        var buffer = new byte[4096];
        try
        {
            await client.GetStream().WriteAsync("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), None);
            return System.Text.Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, None));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
