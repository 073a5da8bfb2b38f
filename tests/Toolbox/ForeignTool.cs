using System.Diagnostics;
using Xunit;

namespace P2P.Toolbox;

/// <summary>
/// Finds the programs of others that a test runs. A missing one skips the test and says which command installs it;
/// with <c>P2P_REQUIRE_TOOLS=1</c> it fails the test instead.
/// </summary>
public static class ForeignTool
{
    const string RequireVariable = "P2P_REQUIRE_TOOLS";
    const string NodeModulesVariable = "P2P_NODE_MODULES";
    const string InstallNodeModules = "npm install --prefix tests/tools";

    /// <summary>The system's own Python: Debian's modules live there, not in one that a version manager put first.</summary>
    const string SystemPython = "/usr/bin/python3";

    /// <summary>The folder with the solution file.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The full path of a program on <c>PATH</c>.</summary>
    public static string Program(string name, string install) =>
        Find(name, Environment.GetEnvironmentVariable("PATH")) ?? Missing(name, install, IsRequired);

    /// <summary>The full path of a program in the last of the folders that has it: where a distribution keeps several versions side by side.</summary>
    public static string ProgramBelow(string folder, string name, string install) =>
        (Directory.Exists(folder) ? Directory.GetDirectories(folder) : []).Order(StringComparer.Ordinal)
            .Select(version => Path.Combine(version, "bin", name)).LastOrDefault(File.Exists) ?? Missing(name, install, IsRequired);

    /// <summary>The full path of the system's Python, once it can import all the modules.</summary>
    public static string Python(string install, params string[] modules) =>
        CanImport(modules) ? SystemPython : Missing($"{SystemPython} with {string.Join(", ", modules)}", install, IsRequired);

    /// <summary>A <c>node_modules</c> folder that holds all the packages; use it as <c>NODE_PATH</c>.</summary>
    public static string NodeModules(params string[] packages)
    {
        Program("node", "apt-get install nodejs");
        var folder = Environment.GetEnvironmentVariable(NodeModulesVariable)
            ?? Path.Combine(RepositoryRoot, "tests", "tools", "node_modules");
        var absent = packages.Where(package => !Directory.Exists(Path.Combine(folder, package))).ToList();
        return absent.Count == 0 ? folder : Missing(string.Join(", ", absent), InstallNodeModules, IsRequired);
    }

    /// <summary>Ends the test: skipped, or failed where tools are required.</summary>
    internal static string Missing(string tool, string install, bool required)
    {
        var reason = $"{tool} is missing; install it with: {install}";
        if (required)
        {
            Assert.Fail($"{reason} ({RequireVariable}=1 turns this skip into a failure)");
        }

        Assert.Skip(reason);
        return tool;
    }

    internal static string? Find(string name, string? path) =>
        (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    static bool IsRequired => Environment.GetEnvironmentVariable(RequireVariable) == "1";

    static bool CanImport(string[] modules)
    {
        if (!File.Exists(SystemPython))
        {
            return false;
        }

        var start = new ProcessStartInfo(SystemPython, ["-c", $"import sys{string.Concat(modules.Select(module => ", " + module))}"])
        {
            RedirectStandardError = true,
        };
        using var python = Process.Start(start)!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0;
    }

    static string FindRepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (Directory.GetFiles(folder, "*.sln").Length == 0)
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException("No solution file above " + AppContext.BaseDirectory);
        }

        return folder;
    }
}
