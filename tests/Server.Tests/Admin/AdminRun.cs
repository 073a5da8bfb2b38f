using System.Text.Json;
using P2P.Commands;
using P2P.Server.Admin;
using P2P.Server.Tests.Calls;
using P2P.Toolbox;

namespace P2P.Server.Tests.Admin;

/// <summary>What one run of <c>p2p-directory admin</c> ended with.</summary>
sealed record AdminRun(int Code, string Out, string Error)
{
    /// <summary>Standard output as one object.</summary>
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;
}

/// <summary>An operator's machine: folders and environment of its own, where commands are run.</summary>
sealed class AdminMachine : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public AdminMachine() => Environment = new()
    {
        ["XDG_CONFIG_HOME"] = _folder.File("config"),
        ["XDG_DATA_HOME"] = _folder.File("data"),
    };

    public Dictionary<string, string> Environment { get; }

    public KeptLogins Kept => KeptLogins.Of(Environment);

    public string File(string name) => _folder.File(name);

    /// <summary>Writes a file with a secret, and gives its path.</summary>
    public string Secret(string name, string text)
    {
        System.IO.File.WriteAllText(_folder.File(name), text + "\n");
        return _folder.File(name);
    }

    /// <summary>Runs a command line, without the program's name; an argument with spaces is given in <paramref name="more"/>.</summary>
    public async Task<AdminRun> RunAsync(string command, params string[] more)
    {
        using StringWriter output = new(), error = new();
        var host = new CommandHost(Environment, TextReader.Null, output, error, Interactive: false, TimeProvider.System);
        string[] args = [AdminProgram.Word, .. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. more];
        var code = await AdminProgram.RunAsync(args, host, TestContext.Current.CancellationToken);
        return new AdminRun(code, output.ToString(), error.ToString());
    }

    /// <summary>From here on commands go to this directory, as the operator that its code makes.</summary>
    public async Task BecomeOperatorAsync(TestDirectory directory, string user = "boss")
    {
        Environment["P2P_DIRECTORY"] = directory.Url;
        Environment["P2P_USER"] = user;
        Environment["P2P_PASSWORD"] = "per12345";
        Environment["P2P_INVITATION"] = directory.OperatorCode!;
        var login = await RunAsync("login");
        Assert.True(login.Code == ExitCodes.Ok, login.Error);
        Environment.Remove("P2P_INVITATION");
    }

    public void Dispose() => _folder.Dispose();
}
