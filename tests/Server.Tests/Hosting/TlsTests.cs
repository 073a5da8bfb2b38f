using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Hosting;
using P2P.Server.Store;
using P2P.Toolbox;

namespace P2P.Server.Tests.Hosting;

/// <summary>Row "Wire; N; downgrade" of the threat model, at the directory.</summary>
public sealed class TlsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Https_OwnCertificate_IsKnownByThePrintThatIsKept()
    {
        string print;
        await using (var first = await StartAsync())
        {
            print = first.Certificate.Print!;
            using var client = Http(first.Url, print);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/v1/keys", UriKind.Relative), None)).StatusCode);
            using var channel = GrpcChannel.ForAddress(first.Url, new GrpcChannelOptions { HttpHandler = Handler(print), DisposeHttpClient = true });
            Assert.NotEmpty((await new Contracts.DirectoryV1.Directory.DirectoryClient(channel).KeysAsync(new KeysRequest(), cancellationToken: None)).Keys);
        }

        await using var second = await StartAsync();
        Assert.Equal(print, second.Certificate.Print);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var file in (string[])[DirectoryCertificate.OwnKeyFile, DirectoryCertificate.OwnCertificateFile])
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(Path.Combine(_folder.Path, file)));
        }
    }

    [Fact]
    public async Task Https_OtherPrint_EndsInTheHandshake()
    {
        await using var directory = await StartAsync();
        using var client = Http(directory.Url, new string('0', KeyPrint.Length));

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/v1/keys", UriKind.Relative), None));

        Assert.Equal(HttpRequestError.SecureConnectionError, refused.HttpRequestError);
    }

    [Fact]
    public async Task Https_VersionsBefore12_AreRefused()
    {
        await using var directory = await StartAsync();
        var address = new Uri(directory.Url).Authority;
        var (good, _) = await SayHelloAsync(address, "-tls1_2");
        Assert.Equal(0, good);
        foreach (var version in (string[])["-tls1", "-tls1_1"])
        {
            var (code, text) = await SayHelloAsync(address, version);
            Assert.NotEqual(0, code);
            Assert.Contains("alert protocol version", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Https_CleartextOnThatPort_GetsNoAnswer()
    {
        await using var directory = await StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(directory.Url).Port, None);
        await client.GetStream().WriteAsync("GET /v1/keys HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), None);

        var answer = await new StreamReader(client.GetStream()).ReadToEndAsync(None);

        Assert.DoesNotContain("kid", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_FilesChanged_NewConnectionsGetTheNewOneAndOldOnesGoOn()
    {
        var files = Write("one");
        await using var directory = await StartAsync(files);
        using var old = Http(directory.Url, directory.Certificate.Print!);
        await old.GetAsync(new Uri("/v1/keys", UriKind.Relative), None);
        var before = directory.Certificate.Print;

        Assert.Equal((false, null), directory.Certificate.Reload());
        Write("two");
        Assert.Equal((true, null), directory.Certificate.Reload());

        Assert.NotEqual(before, directory.Certificate.Print);
        using var fresh = Http(directory.Url, directory.Certificate.Print!);
        Assert.Equal(HttpStatusCode.OK, (await fresh.GetAsync(new Uri("/v1/keys", UriKind.Relative), None)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await old.GetAsync(new Uri("/v1/keys", UriKind.Relative), None)).StatusCode);
    }

    [Fact]
    public async Task Watch_FilesChangedWhileItRuns_NewConnectionsGetTheNewOneWithoutARestart()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var files = Write("one");
        await using var directory = await StartAsync(files, time);
        var before = directory.Certificate.Print;

        Write("two");
        while (directory.Certificate.Print == before)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, None);
        }

        using var fresh = Http(directory.Url, directory.Certificate.Print!);
        Assert.Equal(HttpStatusCode.OK, (await fresh.GetAsync(new Uri("/v1/keys", UriKind.Relative), None)).StatusCode);
    }

    [Fact]
    public async Task Reload_FilesThatCannotBeUsed_LeaveTheOldOne()
    {
        var files = Write("one");
        await using var directory = await StartAsync(files);
        var before = directory.Certificate.Print;

        await System.IO.File.WriteAllTextAsync(files.Key!, "-----BEGIN PRIVATE KEY-----\nhalf", None);
        var (changed, problem) = directory.Certificate.Reload();

        Assert.False(changed);
        Assert.NotNull(problem);
        using var client = Http(directory.Url, before!);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/v1/keys", UriKind.Relative), None)).StatusCode);
    }

    [Fact]
    public void Open_FilesThatCannotBeUsed_StopTheStart()
    {
        var files = Write("one");
        foreach (var broken in (CertificateFiles[])[files with { Key = null }, files with { Key = "/nowhere/key.pem" }, new("/nowhere/cert.pem", null)])
        {
            var refused = Assert.Throws<StartRefusedException>(() => DirectoryCertificate.Open(broken, _folder.Path, TimeProvider.System));
            Assert.Equal(ExitCodes.Usage, refused.ExitCode);
        }
    }

    CertificateFiles Write(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var files = new CertificateFiles(Path.Combine(_folder.Path, "given.pem"), Path.Combine(_folder.Path, "given-key.pem"));
        System.IO.File.WriteAllText(files.Certificate!, made.ExportCertificatePem());
        System.IO.File.WriteAllText(files.Key!, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    async Task<Started> StartAsync(CertificateFiles? files = null, TimeProvider? time = null)
    {
        var store = SqliteStore.Open(Path.Combine(_folder.Path, "directory.db"), NullLogger<SqliteStore>.Instance);
        var builder = WebApplication.CreateBuilder(["--urls", "https://127.0.0.1:0"]);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        var given = new GivenOptions(null, _folder.Path, null, false, false, []) { Certificate = files?.Certificate, Key = files?.Key };
        var app = await DirectoryHost.BuildAsync(builder, StartOptions.Read(given, builder.Configuration), store);
        await app.StartAsync(None);
        return new Started(app, store);
    }

    static HttpClient Http(string url, string print) => new(Handler(print)) { BaseAddress = new Uri(url) };

    static SocketsHttpHandler Handler(string print) => new() { SslOptions = PinnedTls.Client(print, own: null, TimeProvider.System) };

    static async Task<(int Code, string Text)> SayHelloAsync(string address, string version)
    {
        await using var openssl = ForeignProcess.Start(
            "openssl", ["s_client", "-connect", address, version, "-cipher", "ALL:@SECLEVEL=0", "-no_ign_eof"]);
        var (code, output, errors) = await openssl.CompleteAsync(None);
        return (code, output + errors);
    }

    sealed class Started(WebApplication app, SqliteStore store) : IAsyncDisposable
    {
        public string Url { get; } = app.Urls.Single();

        public DirectoryCertificate Certificate { get; } = app.Services.GetRequiredService<DirectoryCertificate>();

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
            await store.DisposeAsync();
        }
    }
}
