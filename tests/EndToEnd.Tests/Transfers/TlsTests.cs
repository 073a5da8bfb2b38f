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

    [Fact]
    public async Task Descargar_FromAPeerOnEveryAddress_IsWholeByCurl()
    {
        var stop = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), stop);
        var file = TestFile.Create(folder.File("share/secret.bin"), 5_000_001, seed: 4);
        await using var peer = RunningPeer.Share(directory, folder.File("peer"), folder.File("share"), "--bind", "0.0.0.0", "--port", "0");
        var hit = await directory.WaitForHitAsync("secret.bin", stop);

        await Shell.RunAsync(
            Shell.Curl, stop, "-sS", "-f", "-H", "content-type: application/json", "-d", """{"archivo":"secret.bin"}""", "-o", folder.File("posted"),
            new Uri(directory.Address, "/descargar").ToString());
        await Shell.RunAsync(
            Shell.Curl, stop, "-sS", "-f", "-o", folder.File("gotten"), new Uri(directory.Address, $"/v1/files/{hit["root"]}").ToString());

        Assert.StartsWith("https://", hit["sources"]![0]!["url"]!.GetValue<string>(), StringComparison.Ordinal);
        var expected = await Shell.Sha256SumAsync(file, stop);
        Assert.Equal(expected, await Shell.Sha256SumAsync(folder.File("posted"), stop));
        Assert.Equal(expected, await Shell.Sha256SumAsync(folder.File("gotten"), stop));
    }
}
