using P2P.Toolbox;
using Xunit.Sdk;

namespace Grpc.Tests.Toolbox;

public sealed class ForeignToolTests
{
    [Fact]
    public void Missing_ToolsNotRequired_SkipsWithTheInstallCommand()
    {
        // Not Assert.Throws: it lets a skip through, as it must.
        var message = "";
        try
        {
            ForeignTool.Missing("gizmo", "apt-get install gizmo", required: false);
        }
        catch (SkipException skip)
        {
            message = skip.Message;
        }

        Assert.Contains("gizmo is missing; install it with: apt-get install gizmo", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_ToolsRequired_Fails()
    {
        var failure = Assert.Throws<FailException>(() => ForeignTool.Missing("gizmo", "apt-get install gizmo", required: true));
        Assert.Contains("apt-get install gizmo", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_OnPath_GivesTheFirstHit()
    {
        Assert.Equal("/bin/sh", ForeignTool.Find("sh", "/nowhere:/bin:/usr/bin"));
        Assert.Null(ForeignTool.Find("sh", null));
        Assert.Null(ForeignTool.Find("no-such-program", "/bin"));
    }

    [Fact]
    public void RepositoryRoot_Always_HoldsTheSolution()
    {
        Assert.True(File.Exists(Path.Combine(ForeignTool.RepositoryRoot, "P2P.Transcoded.sln")));
    }

    [Fact]
    public async Task ForeignProcess_Lines_CanBeAwaitedAndTheRestRead()
    {
        var token = TestContext.Current.CancellationToken;
        await using var shell = ForeignProcess.Start("/bin/sh", ["-c", "echo noise; echo port 5; echo more; echo bad >&2; exit 3"]);
        Assert.Equal("5", await shell.WaitForLineAsync("port ", token));
        var (code, output, errors) = await shell.CompleteAsync(token);
        Assert.Equal((3, "more\n"), (code, output));
        Assert.Contains("bad", errors, StringComparison.Ordinal);
    }
}
