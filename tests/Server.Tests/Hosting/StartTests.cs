using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using P2P.Server.Hosting;
using P2P.Toolbox;

namespace P2P.Server.Tests.Hosting;

public sealed class StartTests
{
    [Theory]
    [InlineData("urls", "garbage", "garbage")]
    [InlineData("Directory:LeaseSeconds", "soon", "LeaseSeconds")]
    [InlineData("Directory:LeaseSeconds", "1", "LeaseSeconds")]
    [InlineData("Directory:AtOnce", "0", "AtOnce")]
    [InlineData("Directory:Watch:KeptEvents", "1", "KeptEvents")]
    [InlineData("Directory:Otlp", "localhost:4317", "--otlp")]
    public void Read_SettingThatCannotBeUsed_IsNamed(string name, string value, string named)
    {
        var refused = Assert.Throws<StartRefusedException>(() => Read((name, value)));
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DescargarTurnedOff_LoginsGoOn()
    {
        var options = Read(("Directory:Relay:AtOnce", "0"));
        Assert.Equal((0, 2), (options.Relay.AtOnce, options.Passwords.AtOnce));
    }

    [Fact]
    public async Task Start_AddressThatCannotBeBound_SaysOneSentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        foreach (var url in (string[])[$"http://{taken.LocalEndpoint}", "http://192.0.2.1:7000"])
        {
            var folder = System.IO.Directory.CreateTempSubdirectory("p2p-start-");
            var program = Path.Combine(AppContext.BaseDirectory, "p2p-directory.dll");
            await using (var process = ForeignProcess.Start("dotnet", [program, "--allow-plaintext", "--data", folder.FullName, "--urls", url]))
            {
                var (code, _, errors) = await process.CompleteAsync(TestContext.Current.CancellationToken);
                Assert.Equal(ExitCodes.Address, code);
                Assert.StartsWith("p2p-directory: ", errors, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
            }

            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Start_WithoutIcu_SaysOneSentence()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "p2p-directory.dll");
        var folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await using var process = ForeignProcess.Start(
            "dotnet", [program, "--data", folder, "--urls", "http://127.0.0.1:0"], new Dictionary<string, string> { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1" });
        var (code, _, errors) = await process.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.Failed, code);
        Assert.Contains("needs ICU", errors, StringComparison.Ordinal);
        Assert.False(System.IO.Directory.Exists(folder));
    }

    static StartOptions Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value))
            .Build();
        return StartOptions.Read(new GivenOptions(null, "unused", null, false, false, []), configuration);
    }
}
