using System.Text.RegularExpressions;
using P2P.Toolbox;

namespace Grpc.Tests;

/// <summary>Grpc/ stays small: the bounds of docs/decisions/0016, counted as it says there.</summary>
public sealed partial class SizeTests
{
    const int MostCode = 6_000;
    const int MostLinesOfAFile = 400;
    const int MostLinesOfABlock = 60;

    static readonly string s_root = Path.Combine(ForeignTool.RepositoryRoot, "Grpc");

    static readonly Dictionary<string, string[]> s_files = Directory.EnumerateFiles(s_root, "*.cs", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(s_root, path))
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(folder => folder is "bin" or "obj"))
        .ToDictionary(path => path, path => File.ReadAllLines(Path.Combine(s_root, path)));

    [Fact]
    public void Grpc_LinesWithCode_AreWithinTheBound()
    {
        var written = s_files.Values.SelectMany(lines => lines).Where(line => !BlankOrComment().IsMatch(line)).ToList();
        var code = written.Count(line => !PunctuationOrUsing().IsMatch(line));
        TestContext.Current.TestOutputHelper?.WriteLine($"{code} lines with code; {written.Count} that are neither blank nor comment");

        Assert.InRange(code, MostCode / 2, MostCode);
    }

    [Fact]
    public void Grpc_Files_AreWithinTheBound()
    {
        Assert.NotEmpty(s_files);
        Assert.DoesNotContain(s_files, file => file.Value.Length > MostLinesOfAFile);
    }

    [Fact]
    public void Grpc_Methods_AreWithinTheBound()
    {
        var blocks = s_files.SelectMany(file => Blocks(file.Key, file.Value)).ToList();

        Assert.NotEmpty(blocks);
        Assert.DoesNotContain(blocks, block => block.Lines > MostLinesOfABlock);
    }

    // What stands in braces below the outermost level and declares no type: methods, and what is in them.
    static IEnumerable<(string File, string Head, int Lines)> Blocks(string file, string[] lines)
    {
        for (var start = 1; start < lines.Length; start++)
        {
            if (Opening().Match(lines[start]) is { Success: true } opening && !TypeDeclaration().IsMatch(lines[start - 1]))
            {
                var end = Array.FindIndex(lines, start, line => line.StartsWith(opening.Groups[1].Value + "}", StringComparison.Ordinal));
                yield return (file, lines[start - 1].Trim(), end - start + 1);
            }
        }
    }

    [GeneratedRegex(@"^\s*(//.*)?$")]
    private static partial Regex BlankOrComment();

    [GeneratedRegex(@"^(\s*[][(){};,]+\s*|(global )?using .*;)$")]
    private static partial Regex PunctuationOrUsing();

    [GeneratedRegex(@"^(\s+)\{$")]
    private static partial Regex Opening();

    [GeneratedRegex(@"\b(class|struct|record|enum|interface|namespace)\b")]
    private static partial Regex TypeDeclaration();
}
