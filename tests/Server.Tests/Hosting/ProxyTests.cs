using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using P2P.Server.Accounts;
using P2P.Server.Hosting;
using P2P.Server.Store;
using P2P.Server.Tests.Calls;
using P2P.Toolbox;

namespace P2P.Server.Tests.Hosting;

/// <summary>Who a call comes from, where proxies may be between.</summary>
public sealed class ProxyTests
{
    static readonly Uri Search = new("/v1/search?archivo=a", UriKind.Relative);

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("198.51.100.9, 203.0.113.7", "203.0.113.7")]
    [InlineData("198.51.100.9, 203.0.113.7, 192.0.2.1", "203.0.113.7")]
    [InlineData("nonsense", "127.0.0.1")]
    public async Task Forwarded_ByNamedProxies_CountsBackToTheFirstAddressThatIsNone(string header, string seen) =>
        Assert.Equal(seen, await ObservedAsync(["127.0.0.1", "192.0.2.1"], header));

    [Fact]
    public async Task Forwarded_ByAnotherThanTheNamedProxy_DoesNotCount() =>
        Assert.Equal("127.0.0.1", await ObservedAsync(["192.0.2.1"], "203.0.113.7"));

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("Forwarded")]
    [InlineData("X-Real-IP")]
    [InlineData("Via")]
    public async Task Forwarded_InOpenAccess_IsRefused(string header)
    {
        await using var directory = await TestDirectory.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, Search);
        request.Headers.TryAddWithoutValidation(header, "203.0.113.7");

        var answer = await directory.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("PROXY_UNKNOWN", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:5000")]
    [InlineData("http://*:5000")]
    [InlineData("http://[::]:5000")]
    [InlineData("http://192.0.2.1:5000")]
    [InlineData("https://0.0.0.0:5001;http://192.0.2.1:5000")]
    public void Read_CleartextOffLoopback_StopsUnlessItIsAllowed(string urls)
    {
        var refused = Assert.Throws<StartRefusedException>(() => Read(urls, allowPlaintext: false));
        Assert.Equal(ExitCodes.Unsafe, refused.ExitCode);
        Assert.Contains("--allow-plaintext", refused.Message, StringComparison.Ordinal);
        Assert.Equal(AccessMode.Members, Read(urls, allowPlaintext: true).Access.Mode);
    }

    [Fact]
    public void Read_HttpsOffLoopback_IsForMembersWithACertificate()
    {
        var options = Read("https://0.0.0.0:5000", allowPlaintext: false);
        Assert.Equal((AccessMode.Members, new CertificateFiles(null, null)), (options.Access.Mode, options.Certificate));
    }

    [Theory]
    [InlineData("http://localhost:5000")]
    [InlineData("http://127.0.0.9:5000;http://[::1]:5000")]
    public void Read_CleartextOnLoopback_IsOpenWithoutACertificate(string urls)
    {
        var options = Read(urls, allowPlaintext: false);
        Assert.Equal((AccessMode.Open, null), (options.Access.Mode, options.Certificate));
    }

    static StartOptions Read(string urls, bool allowPlaintext)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("urls", urls)]).Build();
        return StartOptions.Read(new GivenOptions(null, "unused", null, allowPlaintext, false, []), configuration);
    }

    static async Task<string> ObservedAsync(string[] proxies, string header)
    {
        using var folder = new TemporaryFolder();
        await using var store = SqliteStore.Open(Path.Combine(folder.Path, "directory.db"), NullLogger<SqliteStore>.Instance);
        var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        var options = StartOptions.Read(new GivenOptions(null, folder.Path, null, false, false, proxies), builder.Configuration);
        options.Passwords.Rounds = 1000;
        Assert.Equal(AccessMode.Members, options.Access.Mode);
        await using var app = await DirectoryHost.BuildAsync(builder, options, store);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var code = await OperatorCode.NewAsync(app.Services, options.Access);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-For", header);
        var answer = await client.PostAsJsonAsync(
            "/login", new { user = "boss", password = "per12345", reader = true, invitation = code }, TestContext.Current.CancellationToken);
        using var login = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await app.StopAsync(TestContext.Current.CancellationToken);
        return login.RootElement.GetProperty("observedIp").GetString()!;
    }
}
