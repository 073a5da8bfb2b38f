using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Accounts;

/// <summary>A user's machine: folders of its own, and programs that are run there with secrets in their environment only.</summary>
sealed class Machine(TemporaryFolder folder, string name, Uri directory)
{
    /// <summary>All that was started here, for whoever looks at what it printed.</summary>
    public List<OwnProgram> Programs { get; } = [];

    public string File(string path) => folder.File($"{name}/{path}");

    /// <summary>Starts a program.</summary>
    /// <param name="assembly">Which.</param>
    /// <param name="secrets">Variables that only the machine's user can read.</param>
    /// <param name="arguments">What everyone on the machine can read.</param>
    public OwnProgram Start(string assembly, (string Name, string Value)[] secrets, params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["P2P_DIRECTORY"] = directory.ToString(),
            ["P2P_DATA"] = File("peer"),
            ["XDG_DATA_HOME"] = File("data"),
            ["XDG_CONFIG_HOME"] = File("config"),
        };
        foreach (var (variable, value) in secrets)
        {
            environment[variable] = value;
        }

        var program = OwnProgram.Start(assembly, arguments, environment);
        Programs.Add(program);
        return program;
    }

    /// <summary>Runs a program to its end.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(
        string assembly, (string Name, string Value)[] secrets, CancellationToken stop, params string[] arguments)
    {
        await using var program = Start(assembly, secrets, arguments);
        return await program.CompleteAsync(stop);
    }
}
