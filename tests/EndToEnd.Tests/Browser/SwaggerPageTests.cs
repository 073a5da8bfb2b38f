using Microsoft.Playwright;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Browser;

/// <summary>The Swagger page in a real browser.</summary>
public sealed class SwaggerPageTests
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TryItOut_OnSearch_AnswersAndAsksNoOtherHost()
    {
        var chromium = ForeignTool.Program("chromium", "apt-get install chromium");
        using var data = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(data.Path, Stop);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"],
        });
        var page = await browser.NewPageAsync();
        var hosts = new HashSet<string>();
        var errors = new List<string>();
        page.Request += (_, request) => hosts.Add(new Uri(request.Url).Authority);
        page.PageError += (_, error) => errors.Add(error);

        await page.GotoAsync(new Uri(directory.Address, "/swagger").ToString());
        var operation = page.Locator("#operations-Directory-Directory_Search");
        await operation.Locator("button.opblock-summary-control").ClickAsync();
        await operation.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Try it out" }).ClickAsync();
        await operation.Locator("textarea.body-param__text").FillAsync("""{"archivo":"file1.txt"}""");
        await operation.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Execute" }).ClickAsync();

        var status = operation.Locator(".live-responses-table .response .response-col_status").First;
        await Assertions.Expect(status).ToContainTextAsync("200");
        Assert.Equal([directory.HostAndPort], hosts);
        Assert.Empty(errors);
    }
}
