namespace P2P.EndToEnd.Tests.Harness;

/// <summary>A peer in processes of its own: a daemon that shares, and command lines that are run to their end.</summary>
static class RunningPeer
{
    /// <summary>Starts <c>peer share</c>; its files are in the index some time later.</summary>
    public static OwnProgram Share(RunningDirectory directory, string dataFolder, params string[] arguments) =>
        OwnProgram.Start(OwnProgram.PeerAssembly, ["share", .. arguments], Settings(directory, dataFolder));

    /// <summary>The same, with variables beside the usual ones.</summary>
    public static OwnProgram Share(
        RunningDirectory directory, string dataFolder, IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var settings = Settings(directory, dataFolder);
        foreach (var (name, value) in variables)
        {
            settings[name] = value;
        }

        return OwnProgram.Start(OwnProgram.PeerAssembly, ["share", .. arguments], settings);
    }

    /// <summary>Starts any other command.</summary>
    public static OwnProgram Start(RunningDirectory directory, string dataFolder, params string[] arguments) =>
        OwnProgram.Start(OwnProgram.PeerAssembly, arguments, Settings(directory, dataFolder));

    public static async Task<(int ExitCode, string Output)> RunAsync(
        RunningDirectory directory, string dataFolder, CancellationToken stop, params string[] arguments)
    {
        await using var program = Start(directory, dataFolder, arguments);
        return await program.CompleteAsync(stop);
    }

    static Dictionary<string, string> Settings(RunningDirectory directory, string dataFolder) => new()
    {
        ["P2P_DIRECTORY"] = directory.Address.ToString(),
        ["P2P_USER"] = "tester",
        ["P2P_PASSWORD"] = "per1234",
        ["P2P_DATA"] = dataFolder,
    };
}
