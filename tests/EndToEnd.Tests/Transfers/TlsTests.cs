using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Transfers;

/// <summary>A peer bound to every address serves over TLS, and to who has the directory's ticket only.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task Get_FromAPeerOnEveryAddress_ComesOverTlsByTicket()
    {
        var stop = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), stop);
        Directory.CreateDirectory(folder.File("share"));
        var bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(folder.File("share/secret.bin"), bytes, stop);
        await using var peer = RunningPeer.Share(directory, folder.File("peer"), folder.File("share"), "--bind", "0.0.0.0", "--port", "0");
        var hit = await directory.WaitForHitAsync("secret.bin", stop);

        var url = hit["sources"]![0]!["url"]!.GetValue<string>();
        var (code, output) = await RunningPeer.RunAsync(directory, folder.File("reader"), stop, "get", "secret.bin", "-o", folder.File("got.bin"));
        using var http = new HttpClient();
        var stranger = await Record.ExceptionAsync(() => http.GetAsync(new Uri(url.Replace("https", "http", StringComparison.Ordinal) + "/v1/catalog/files?archivo=s"), stop));

        Assert.StartsWith("https://", url, StringComparison.Ordinal);
        Assert.True(code == 0, output);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(folder.File("got.bin"), stop));
        Assert.IsType<HttpRequestException>(stranger);
    }
}
