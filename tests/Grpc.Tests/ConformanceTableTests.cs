using System.Reflection;
using System.Text.RegularExpressions;
using P2P.Toolbox;

namespace Grpc.Tests;

/// <summary>docs/conformance.md names tests that exist. tests/check-conformance tells whether they ran.</summary>
public sealed partial class ConformanceTableTests
{
    [Fact]
    public void Table_EveryRule_NamesTestsThatExist()
    {
        var tests = typeof(ConformanceTableTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(method => method.GetCustomAttributes<FactAttribute>(inherit: true).Any())
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
            .ToHashSet();
        var rules = File.ReadLines(Path.Combine(ForeignTool.RepositoryRoot, "docs", "conformance.md"))
            .TakeWhile(line => line != "## Not followed")
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line != "| rule | tests |")
            .ToList();

        Assert.NotEmpty(rules);
        foreach (var rule in rules)
        {
            var named = TestName().Matches(rule.Split(" | ")[^1]).Select(match => match.Groups[1].Value).ToList();
            Assert.True(named.Count > 0, $"No test: {rule}");
            Assert.True(named.TrueForAll(tests.Contains), $"No such test: {string.Join(", ", named.Where(name => !tests.Contains(name)))}");
        }
    }

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex TestName();
}
