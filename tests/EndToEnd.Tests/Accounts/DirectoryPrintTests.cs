using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Accounts;

/// <summary>A peer's <c>--directory-print</c> against a directory that made its own certificate and printed its print.</summary>
public sealed class DirectoryPrintTests
{
    // A share that should be refused and is not would go on for ever.
    static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Peer_DirectoryPrint_RightWorksAndWrongIsToldWhatToDo()
    {
        using var folder = new TemporaryFolder();
        await using var directory = OwnProgram.Start(
            OwnProgram.DirectoryAssembly, ["--urls", "https://127.0.0.1:0", "--data", folder.File("directory")]);
        var address = (await directory.WaitForAsync("Listening   ", Stop)).Split("Listening")[1].Trim();
        var print = (await directory.WaitForAsync("(for --directory-print)", Stop)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.StartsWith("https://", address, StringComparison.Ordinal);
        var wrong = (print[0] == '0' ? '1' : '0') + print[1..];
        TestFile.Create(folder.File("share/file.bin"), 50_000, seed: 7);

        // Before anybody was told anything by it: nothing is remembered, nothing is shared.
        await using (var misled = Start("misled", wrong, "share", folder.File("share"), "--port", "0"))
        {
            AssertRefused(await misled.CompleteAsync(Stop).WaitAsync(s_long, Stop));
        }

        await using var share = Start("sharer", print, "share", folder.File("share"), "--port", "0");
        await share.WaitForAsync("Online at", Stop);
        await using (var get = Start("reader", print, "get", "file.bin", "-o", folder.File("got.bin"), "--patience", "60"))
        {
            var (code, output) = await get.CompleteAsync(Stop);
            Assert.True(code == 0, output);
        }

        Assert.Equal(await Shell.Sha256SumAsync(folder.File("share/file.bin"), Stop), await Shell.Sha256SumAsync(folder.File("got.bin"), Stop));
        foreach (var command in (string[][])[["search", "file.bin"], ["get", "file.bin", "-o", folder.File("other.bin")]])
        {
            await using var refused = Start("reader", wrong, command);
            AssertRefused(await refused.CompleteAsync(Stop));
        }

        Assert.False(File.Exists(folder.File("other.bin")));

        OwnProgram Start(string name, string named, params string[] command) =>
            new Machine(folder, name, new Uri(address)).Start(
                OwnProgram.PeerAssembly, [("P2P_PASSWORD", "per12345")], [.. command, "--user", name, "--directory-print", named]);

        void AssertRefused((int ExitCode, string Output) run)
        {
            Assert.True(run.ExitCode == 10, $"{run.ExitCode}\n{run.Output}");
            Assert.Contains(print, run.Output, StringComparison.Ordinal);
            Assert.Contains(wrong, run.Output, StringComparison.Ordinal);
            Assert.Contains("which --directory-print (P2P_DIRECTORY_PRINT) names", run.Output, StringComparison.Ordinal);
            Assert.Contains("ask its operator", run.Output, StringComparison.Ordinal);
        }
    }
}
