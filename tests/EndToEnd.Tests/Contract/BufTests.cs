using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Contract;

/// <summary>The contract's own checks, by the tool that the field uses for them.</summary>
public sealed class BufTests
{
    static string Buf => Path.Combine(ForeignTool.NodeModules("@bufbuild/buf"), ".bin", "buf");

    static string Git => ForeignTool.Program("git", "apt-get install git");

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lint_WholeContract_FindsNothing() => await Run(Buf, "lint");

    [Fact]
    public async Task Format_WholeContract_ChangesNothing() => await Run(Buf, "format", "-d", "--exit-code", "proto");

    /// <summary>Against the newest commit, and against what it replaced where it changed the contract itself.</summary>
    [Fact]
    public async Task Breaking_AgainstEarlierCommits_FindsNothing()
    {
        var newest = (await Run(Git, "log", "-1", "--format=%H", "--", "proto/directory.proto", "proto/catalog.proto")).Trim();
        Assert.SkipWhen(newest.Length == 0, "No commit has the contract yet");
        await CompareWith(newest);
        var parents = (await Run(Git, "log", "-1", "--format=%P", newest)).Trim();
        if (parents.Length > 0 && (await Run(Git, "ls-tree", parents.Split(' ')[0], "proto/directory.proto")).Length > 0)
        {
            await CompareWith(parents.Split(' ')[0]);
        }
    }

    static async Task CompareWith(string commit)
    {
        using var folder = new TemporaryFolder();
        var archive = folder.File("contract.tar");
        await Run(Git, "archive", "-o", archive, commit, "buf.yaml", "proto", "third_party");
        await Run("tar", "-xf", archive, "-C", folder.Path);
        await Run(Buf, "breaking", "--against", folder.Path);
    }

    static async Task<string> Run(string program, params string[] arguments)
    {
        await using var process = ForeignProcess.Start(program, arguments, workingDirectory: ForeignTool.RepositoryRoot);
        var (exitCode, output, errors) = await process.CompleteAsync(Stop);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}:\n{output}{errors}");
        return output;
    }
}
