using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.CommandLine;

public sealed class PeerProgramTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Help_Program_ListsEveryCommandAndExitCode()
    {
        Run run = await Run.Async("--help");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.All(
            (string[])["share", "search", "get", "fetch", "put", "transfers", "pause", "resume", "cancel", "history", "peers", "ls", "hash", "status", "logout"],
            c => Assert.Contains($"  {c} ", run.Out, StringComparison.Ordinal));
        Assert.All(ExitCodes.All, c => Assert.Contains(c.Meaning, run.Out, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("share")]
    [InlineData("search")]
    [InlineData("get")]
    [InlineData("fetch")]
    [InlineData("put")]
    [InlineData("peers")]
    [InlineData("ls")]
    [InlineData("hash")]
    [InlineData("transfers")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("cancel")]
    [InlineData("history")]
    public async Task Help_Command_HasExamples(string command)
    {
        Run run = await Run.Async(command + " --help");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains($"  peer {command}", run.Out[run.Out.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("get --nonsense")]
    [InlineData("get")]
    [InlineData("put file")]
    [InlineData("search x --kind telepathy")]
    [InlineData("search x --min-size many")]
    [InlineData("peers --directory ftp://x")]
    [InlineData("pause")]
    [InlineData("cancel 5f1d --all")]
    [InlineData("history --last 0")]
    public async Task Run_WrongCommandLine_SaysSoAndExitsWithUsage(string command)
    {
        Run run = await Run.Async(command);

        Assert.Equal((ExitCodes.Usage, ""), (run.Code, run.Out));
        Assert.StartsWith("peer: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hash_Files_PrintsRootAndLength()
    {
        using TemporaryFolder folder = new();
        Sample sample = new(100_000, seed: 5);
        await File.WriteAllBytesAsync(folder["a b"], sample.Bytes, Cancel);

        Run text = await Run.Async("hash", folder["a b"]);
        Run json = await Run.Async("hash --json", folder["a b"]);

        Assert.Matches($"^{sample.Id.Root} +100000 +.*a b\n$", text.Out);
        Assert.Contains($"\"root\":\"{sample.Id.Root}\",\"length\":100000", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hash_OneOfTwoMissing_HashesTheOther()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder["a"], "a", Cancel);

        Run run = await Run.Async("hash", folder["no"], folder["a"]);

        Assert.Equal(ExitCodes.NotFound, run.Code);
        Assert.Contains("no such file", run.Error, StringComparison.Ordinal);
        Assert.NotEmpty(run.Out);
    }

    [Theory]
    [InlineData("plain name.txt", "plain name.txt")]
    [InlineData("\u001b[31mred", "\\u{1b}[31mred")]
    [InlineData("a\r\nb", "a\\u{d}\\u{a}b")]
    [InlineData("gpj.\u202exe", "gpj.\\u{202e}xe")]
    [InlineData("a\u2028b", "a\\u{2028}b")]
    [InlineData("año 日本 🎵", "año 日本 🎵")]
    public void Escape_Text_LeavesNothingThatATerminalObeys(string text, string shown) => Assert.Equal(shown, SafeText.Escape(text));

    // A case of its own, for an attribute cannot hold it.
    [Fact]
    public void Escape_LoneSurrogate_IsShownAsItsNumber() => Assert.Equal("a\\u{d800}", SafeText.Escape("a" + (char)0xd800));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(1_500_000, "1.43 MiB")]
    [InlineData(1L << 40, "1.00 TiB")]
    public void Bytes_Number_IsReadable(long bytes, string text) => Assert.Equal(text, Quantity.Bytes(bytes));

    [Theory]
    [InlineData(0, "0 files")]
    [InlineData(1, "1 file")]
    [InlineData(20_000, "20,000 files")]
    public void Files_Number_HasItsPlural(long count, string text) => Assert.Equal(text, Quantity.Files(count));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("64k", 65536)]
    [InlineData("1.5GiB", 1610612736)]
    [InlineData("2 MB", 2097152)]
    public void TryParseBytes_Size_IsRead(string text, long bytes)
    {
        Assert.True(Quantity.TryParseBytes(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("many")]
    [InlineData("-1")]
    [InlineData("1e99")]
    [InlineData("99999999P")]
    public void TryParseBytes_NoSize_IsRefused(string text) => Assert.False(Quantity.TryParseBytes(text, out _));
}
