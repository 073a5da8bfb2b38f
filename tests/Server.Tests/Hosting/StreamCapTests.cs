using System.Net;
using System.Text;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Tests.Calls;
using P2P.Server.Tests.Lines;

namespace P2P.Server.Tests.Hosting;

/// <summary>Row "Threads/sockets; A": the cap on streams of one address, over all its connections and of every kind.</summary>
public sealed class StreamCapTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_MoreThanTheCapOfAnyKind_IsRefusedUntilOneLeaves()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Connections.StreamsPerAddress = 3);
        using var channels = new Channels(directory);
        var token = (await directory.LoginAsync("ana", 5001, "a.txt")).Token;
        using var line = await TestLine.OpenAsync(directory, token);
        using var watch = directory.Client.Watch(new WatchRequest(), TestDirectory.With(token));
        Assert.True(await watch.ResponseStream.MoveNext(None));
        // Of a stranger without a token, and over a connection of its own.
        var health = channels.Watch();
        Assert.True(await health.ResponseStream.MoveNext(None));

        using var control = directory.Client.Control(TestDirectory.With(token));
        using var relay = directory.Client.Relay(TestDirectory.Anonymous);
        using var publish = directory.Client.Publish(TestDirectory.With(token));
        using var fetch = directory.Client.Fetch(new FetchRequest { PeerId = "p", Root = new string('a', 64) }, TestDirectory.With(token));
        using var watching = directory.Client.Watch(new WatchRequest(), TestDirectory.With(token));
        using var descargar = directory.Client.Descargar(new DescargarRequest { Archivo = "a.txt" }, TestDirectory.Anonymous);
        using var beyond = channels.Watch();
        foreach (var call in (Func<Task>[])
            [
                () => control.ResponseStream.MoveNext(None), () => relay.ResponseStream.MoveNext(None), () => publish.ResponseAsync,
                () => fetch.ResponseStream.MoveNext(None), () => watching.ResponseStream.MoveNext(None),
                () => descargar.ResponseStream.MoveNext(None), () => beyond.ResponseStream.MoveNext(None),
            ])
        {
            var (code, reason, status) = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(call));
            Assert.Equal((StatusCode.ResourceExhausted, "QUOTA"), (code, reason));
            Assert.Equal("streams of the address", Assert.Single(status.GetDetail<QuotaFailure>().Violations).Subject);
            Assert.True(status.GetDetail<RetryInfo>().RetryDelay.Seconds > 0);
        }

        // What is no stream is not counted, and the streams that were open still are.
        Assert.Equal(["a.txt"], await directory.SearchAsync("a.txt"));
        await line.SendAsync(new ControlRequest { Ping = new ControlPing() });
        Assert.NotNull((await line.ReadAsync()).Ping);
        health.Dispose();
        await OpensAsync(() => channels.Watch());
    }

    [Theory]
    [InlineData("GET", "/v1/watch")]
    [InlineData("GET", "/v1/files/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("POST", "/v1/publish")]
    [InlineData("POST", "/descargar")]
    public async Task Open_MoreThanTheCapOverJson_IsTheSameRefusal(string method, string path)
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Connections.StreamsPerAddress = 1);
        using var channels = new Channels(directory);
        var token = (await directory.LoginAsync("ana", 5001, "a.txt")).Token;
        using var health = channels.Watch();
        Assert.True(await health.ResponseStream.MoveNext(None));

        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new("Bearer", token);
        request.Content = method == "POST" ? new StringContent("""{"archivo":"a.txt"}""", Encoding.UTF8, "application/json") : null;
        using var answer = await directory.Http.SendAsync(request, None);

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        var body = await answer.Content.ReadAsStringAsync(None);
        Assert.Contains("\"QUOTA\"", body, StringComparison.Ordinal);
        Assert.Contains("streams of the address", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_BehindANamedProxy_IsCountedForTheClientThatItTells()
    {
        await using var directory = await TestDirectory.StartAsync(
            AccessMode.Members, configure: options => options.Connections.StreamsPerAddress = 1, proxies: ["127.0.0.1"]);
        using var channels = new Channels(directory);
        // One network of 64 bits is one client; the proxy itself, and whoever it does not tell of, is not counted.
        foreach (var opens in (string[])["203.0.113.7", "203.0.113.8", "2001:db8::1", "", ""])
        {
            Assert.True(await channels.Watch(opens).ResponseStream.MoveNext(None));
        }

        foreach (var refused in (string[])["203.0.113.7", "2001:db8::2"])
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => channels.Watch(refused).ResponseStream.MoveNext(None));
            Assert.Equal((StatusCode.ResourceExhausted, "QUOTA"), (failure.StatusCode, TestDirectory.Failure(failure).Reason));
        }
    }

    /// <summary>That a stream has left is known a moment after its client has.</summary>
    static async Task OpensAsync(Func<AsyncServerStreamingCall<HealthCheckResponse>> open)
    {
        while (true)
        {
            using var call = open();
            try
            {
                Assert.True(await call.ResponseStream.MoveNext(None));
                return;
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.ResourceExhausted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, None);
            }
        }
    }

    /// <summary>Clients with connections of their own.</summary>
    sealed class Channels(TestDirectory directory) : IDisposable
    {
        readonly List<GrpcChannel> _channels = [];

        public AsyncServerStreamingCall<HealthCheckResponse> Watch(string from = "")
        {
            var channel = GrpcChannel.ForAddress(directory.Url);
            _channels.Add(channel);
            Metadata headers = from.Length > 0 ? [new("x-forwarded-for", from)] : [];
            return new Health.HealthClient(channel).Watch(new HealthCheckRequest(), headers, cancellationToken: None);
        }

        public void Dispose() => _channels.ForEach(channel => channel.Dispose());
    }
}
