using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.AspNetCore.Server.OnePort;
using Grpc.Net.Client;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using P2P.Toolbox;

namespace Grpc.Tests.Server;

public sealed class OneCleartextPortTests
{
    static readonly byte[] s_prefaceAndSettings = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    [Theory]
    [InlineData("", 1)]
    [InlineData("P", 1)]
    [InlineData("PRI * HTTP/2.0\r", 1)]
    [InlineData("PRI * HTTP/2.0\r\n", 2)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM", 2)]
    [InlineData("POST / HTTP/1.1", 0)]
    [InlineData("PRI / HTTP/1.1\r\n", 0)]
    [InlineData("G", 0)]
    public void Match_Opening_IsNonePartialOrWhole(string opening, int expected) =>
        Assert.Equal((PrefaceMatch)expected, Http2Preface.Match(new(Encoding.ASCII.GetBytes(opening))));

    [Fact]
    public async Task Curl_BothProtocols_ReachTheSamePort()
    {
        var curl = ForeignTool.Program("curl", "apt-get install curl");
        await using var server = await StartAsync();

        foreach (var (option, version) in new[] { ("--http1.1", "HTTP/1.1"), ("--http2-prior-knowledge", "HTTP/2") })
        {
            await using var process = ForeignProcess.Start(curl, ["-sS", option, new Uri(server.Address, "/version").ToString()]);
            var (exitCode, output, errors) = await process.CompleteAsync(TestContext.Current.CancellationToken);
            Assert.True(exitCode == 0, errors);
            Assert.Equal(version, output);
        }
    }

    [Fact]
    public async Task Connection_PrefaceByteByByte_IsHttp2()
    {
        await using var server = await StartAsync();
        using var socket = await ConnectAsync(server);

        foreach (var b in s_prefaceAndSettings)
        {
            await socket.SendAsync(new[] { b }, TestContext.Current.CancellationToken);
        }
        var frame = new byte[9];
        await new NetworkStream(socket).ReadExactlyAsync(frame, TestContext.Current.CancellationToken);

        Assert.Equal(4, frame[3]);
    }

    [Fact]
    public async Task Connection_SlowOpening_IsClosedWhenPatienceEnds()
    {
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.Zero };
        await using var server = await StartAsync(time);
        using var silent = await ConnectAsync(server);
        var ended = silent.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask();

        while (!ended.IsCompleted)
        {
            // The server accepts in its own time: only once its timer exists does advancing the clock end the connection.
            time.Advance(TimeSpan.FromSeconds(131));
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        Assert.Equal(0, await ended);
    }

    [Fact]
    public async Task Server_StopsWhileAConnectionIsSilent_DoesNotWaitForIt()
    {
        await using var server = await StartAsync();
        using var silent = await ConnectAsync(server);
        // Connections are accepted in their order: once this one is answered, the silent one has been accepted.
        using var http = new HttpClient();
        await http.GetAsync(new Uri(server.Address, "/version"), TestContext.Current.CancellationToken);

        await server.StopAsync();

        Assert.Equal(0, await silent.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Endpoints_OfTheKestrelSection_ServeBothProtocolsInCleartextAndUnderTls()
    {
        using var certificate = new TestCertificate();
        await using var server = await InteropServer.StartAsync(
            builder => builder.WebHost.UseKestrel(kestrel => kestrel.Configure(builder.Configuration.GetSection("Kestrel")))
                .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(new Dictionary<string, string?>
                {
                    ["Kestrel:Endpoints:Plain:Url"] = "http://127.0.0.1:0",
                    ["Kestrel:Endpoints:Tls:Url"] = "https://127.0.0.1:0",
                    ["Kestrel:Endpoints:Tls:Certificate:Path"] = certificate.Path,
                })),
            app => app.MapGet("/version", (HttpContext context) => $"{context.Request.Scheme} {context.Request.Protocol}"));
        using var http = new HttpClient(certificate.TrustingHandler());

        var answers = new List<string>();
        foreach (var address in server.Addresses.OrderBy(address => address.Scheme))
        {
            foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/version"))
                {
                    Version = version,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                };
                using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
                answers.Add(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            }
        }

        Assert.Equal(["http HTTP/1.1", "http HTTP/2", "https HTTP/1.1", "https HTTP/2"], answers);
    }

    [Fact]
    public async Task Listen_TlsEndpointOfCode_ServesBothProtocols()
    {
        using var certificate = new TestCertificate();
        await using var server = await InteropServer.StartAsync(
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
                IPAddress.Loopback, 0, listen => listen.UseHttps(certificate.Certificate))),
            app => app.MapGrpcService<InteropService>());
        var options = new GrpcChannelOptions
        {
            HttpHandler = certificate.TrustingHandler(),
            DisposeHttpClient = true,
        };
        using var channel = GrpcChannel.ForAddress(server.Addresses.Single(), options);

        var answer = await new Interop.Interop.InteropClient(channel).UnaryAsync(
            new InteropRequest(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(1, answer.Count);
    }

    /// <summary>Self-signed, for 127.0.0.1, in memory and in a file with its key.</summary>
    sealed class TestCertificate : IDisposable
    {
        public TestCertificate()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
            var now = TimeProvider.System.GetUtcNow();
            using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            var bytes = made.Export(X509ContentType.Pfx);
            Certificate = X509CertificateLoader.LoadPkcs12(bytes, password: null);
            File.WriteAllBytes(Path, bytes);
        }

        public X509Certificate2 Certificate { get; }

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"one-port-{Guid.NewGuid():N}.pfx");

        public SocketsHttpHandler TrustingHandler() => new()
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == Certificate.GetCertHashString() },
        };

        public void Dispose()
        {
            Certificate.Dispose();
            File.Delete(Path);
        }
    }

    static Task<InteropServer> StartAsync(TimeProvider? time = null) => InteropServer.StartAsync(
        builder => builder.Services.AddSingleton(time ?? TimeProvider.System),
        app => app.MapGet("/version", (HttpContext context) => context.Request.Protocol));

    static async Task<Socket> ConnectAsync(InteropServer server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, TestContext.Current.CancellationToken);
        return socket;
    }
}
