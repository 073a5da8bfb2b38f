using System.Text.RegularExpressions;

namespace P2P.Content.Tests;

/// <summary>
/// docs/security.md names tests that exist, and has a row for each threat that it must answer. The tests are of several programs, so they are looked
/// for in their sources.
/// </summary>
public sealed partial class SecurityTableTests
{
    /// <summary>The rows of the threat model that are about identity, authority, dials, files and bounds.</summary>
    static readonly string[] Threats =
    [
        "Files", "Receiver's disk", "Internal network", "Third parties", "Peer identity", "Credentials", "Tokens, tickets", "Threads, sockets", "Index", "Wire",
    ];

    static readonly string Table = File.ReadAllText(Path.Combine(ForeignTool.RepositoryRoot, "docs", "security.md"));

    [Fact]
    public void Table_EveryTestThatIsNamed_Exists()
    {
        var tests = TestsByClass();
        var named = Named().Matches(Table).Select(match => (Class: match.Groups[1].Value, Method: match.Groups[2].Value)).Distinct().ToList();

        Assert.True(named.Count > Threats.Length);
        var absent = named.FindAll(test => !tests.TryGetValue(test.Class, out var methods) || (test.Method.Length > 0 && !methods.Contains(test.Method)));
        Assert.Empty(absent);
    }

    [Fact]
    public void Table_EveryThreat_HasAFigureAndATest()
    {
        var rows = Table[Table.IndexOf("\n## Threat by threat\n", StringComparison.Ordinal)..].Split('\n')
            .Where(line => line.StartsWith("| **", StringComparison.Ordinal)).Select(line => line.Split(" | ")).ToList();

        Assert.All(rows, row => Assert.Equal(3, row.Length));
        Assert.All(rows.Where(row => row.Length == 3), row => Assert.True(row[1].Length > 0 && Named().IsMatch(row[2]), row[0]));
        Assert.Empty(Threats.Except(rows.Select(row => Name().Match(row[0]).Groups[1].Value)));
    }

    /// <summary>Facts and theories by the class that has them.</summary>
    static Dictionary<string, HashSet<string>> TestsByClass()
    {
        var tests = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(ForeignTool.RepositoryRoot, "tests"), "*Tests.cs", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            if (TestClass().Match(text) is { Success: true } found)
            {
                // Two programs may have a class of the same name.
                tests.TryAdd(found.Groups[1].Value, new HashSet<string>(StringComparer.Ordinal));
                tests[found.Groups[1].Value].UnionWith(TestMethod().Matches(text).Select(method => method.Groups[1].Value));
            }
        }

        Assert.True(tests.TryGetValue(nameof(SecurityTableTests), out var own) && own.Contains(nameof(Table_EveryTestThatIsNamed_Exists)));
        return tests.Where(entry => entry.Value.Count > 0).ToDictionary(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex Named();

    [GeneratedRegex(@"\*\*(.+)\*\*")]
    private static partial Regex Name();

    [GeneratedRegex(@"public (?:abstract )?(?:sealed )?(?:partial )?class (\w+Tests)\b")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^\n]*\](?:\s*\[[^\n]+\]\r?\n|\s*//[^\n]*\n)*\s*public (?:async )?[\w<>]+ (\w+)\(")]
    private static partial Regex TestMethod();
}
