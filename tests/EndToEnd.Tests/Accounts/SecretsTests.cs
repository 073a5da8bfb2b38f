using System.Text;
using System.Text.Json.Nodes;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Accounts;

/// <summary>
/// Canary secrets: passwords, tokens, codes and tickets, right ones and wrong ones, go through both programs at their most talkative, and are then
/// looked for in all that they printed, in what others on the machine can see of their processes, and in all files that are not their owner's alone.
/// </summary>
public sealed class SecretsTests : IDisposable
{
    const string Boss = "canary-boss-password-1f0c";
    const string Ana = "canary-ana-password-2a7d";
    const string AnaNew = "canary-ana-changed-3b9e";
    const string Wrong = "canary-wrong-secret-4c8f";
    const string Short = "cnry-4c";

    readonly TemporaryFolder _folder = new();
    readonly List<string> _secrets = [Boss, Ana, AnaNew, Wrong, Short];
    readonly List<string> _printed = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Secrets_OfAllKinds_AreInNoOutputNoProcessListAndNoFileOfOthers()
    {
        var stop = TestContext.Current.CancellationToken;
        var data = _folder.File("directory");
        await using var directory = OwnProgram.Start(
            OwnProgram.DirectoryAssembly, ["--urls", "http://127.0.0.1:0", "--access", "members", "--data", data],
            new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Trace" });
        var address = new Uri((await directory.WaitForAsync("Listening   ", stop)).Split("Listening")[1].Trim());
        await directory.WaitForAsync("Stop with", stop);
        _secrets.Add((await File.ReadAllTextAsync(Path.Combine(data, "operator-code"), stop)).Trim());
        var (boss, ana) = (new Machine(_folder, "boss", address), new Machine(_folder, "ana", address));

        await OperateAsync(boss, data, stop);
        await using var share = await ShareAsync(boss, ana, stop);
        await FailAsync(boss, ana, stop);
        await CallAsync(address, stop);
        Assert.Equal(0, (await ana.RunAsync(
            OwnProgram.PeerAssembly, [("P2P_PASSWORD", Ana), ("P2P_NEW_PASSWORD", AnaNew)], stop, "password", "--user", "ana", "--verbose")).ExitCode);
        var (old, _) = await ana.RunAsync(OwnProgram.PeerAssembly, [("P2P_PASSWORD", Ana)], stop, "peers", "--user", "ana", "--verbose");
        Assert.Equal(3, old);
        Assert.Equal(0, (await ana.RunAsync(OwnProgram.PeerAssembly, [("P2P_PASSWORD", AnaNew)], stop, "peers", "--user", "ana", "--verbose")).ExitCode);

        await using var audit = boss.Start(OwnProgram.DirectoryAssembly, [], "admin", "audit", "--follow");
        await audit.WaitForAsync("CreateInvitation", stop);
        foreach (var running in (OwnProgram[])[directory, share, audit])
        {
            AssertNoSecret($"command line of {running.Id}", await File.ReadAllTextAsync($"/proc/{running.Id}/cmdline", stop));
            Assert.Equal(UnixFileMode.UserRead, new FileInfo($"/proc/{running.Id}/environ").UnixFileMode);
        }

        await share.SignalAsync("TERM");
        await share.CompleteAsync(stop);
        await directory.SignalAsync("TERM");
        _printed.Add((await directory.CompleteAsync(stop)).Output);
        Assert.Contains("trce: ", directory.Output, StringComparison.Ordinal);
        Assert.All(_printed.Concat(boss.Programs.Concat(ana.Programs).Except(_showsACode).Select(program => program.Output)), text => AssertNoSecret("output", text));
        AssertFiles();
    }

    readonly List<OwnProgram> _showsACode = [];

    async Task OperateAsync(Machine boss, string data, CancellationToken stop)
    {
        string[] login = ["admin", "login", "--user", "boss", "--code-file", Path.Combine(data, "operator-code"), "--verbose"];
        var (code, output) = await boss.RunAsync(OwnProgram.DirectoryAssembly, [("P2P_PASSWORD", Boss)], stop, login);
        Assert.True(code == 0, output);
        _secrets.Add((await File.ReadAllTextAsync(boss.File("data/p2p/operator-logins"), stop)).Split(' ')[1]);
        Assert.Equal(0, (await boss.RunAsync(
            OwnProgram.DirectoryAssembly, [("P2P_PASSWORD", Boss)], stop, "admin", "accounts", "list", "--user", "boss", "--verbose")).ExitCode);
        await CodeAsync(boss, stop, "invite");
        await CodeAsync(boss, stop, "accounts", "create", "bob");
        await CodeAsync(boss, stop, "accounts", "reset-password", "bob");
    }

    async Task<OwnProgram> ShareAsync(Machine boss, Machine ana, CancellationToken stop)
    {
        var code = await CodeAsync(boss, stop, "accounts", "create", "ana");
        TestFile.Create(ana.File("share/file.bin"), 100_000, seed: 1);
        var share = ana.Start(
            OwnProgram.PeerAssembly, [("P2P_PASSWORD", Ana), ("P2P_INVITATION", code)],
            "share", ana.File("share"), "--user", "ana", "--port", "0", "--bind", "0.0.0.0", "--accept", "from:boss", "--verbose");
        await share.WaitForAsync("Online at", stop);
        return share;
    }

    /// <summary>Wrong secrets: what fails says more than what works.</summary>
    static async Task FailAsync(Machine boss, Machine ana, CancellationToken stop)
    {
        Assert.Equal(3, (await ana.RunAsync(OwnProgram.PeerAssembly, [("P2P_PASSWORD", Wrong)], stop, "peers", "--user", "ana", "--verbose")).ExitCode);
        Assert.Equal(3, (await ana.RunAsync(
            OwnProgram.PeerAssembly, [("P2P_PASSWORD", Wrong), ("P2P_INVITATION", Wrong)], stop, "peers", "--user", "new", "--verbose")).ExitCode);
        Assert.Equal(3, (await boss.RunAsync(OwnProgram.DirectoryAssembly, [("P2P_TOKEN", Wrong)], stop, "admin", "accounts", "list", "--verbose")).ExitCode);
        Assert.Equal(3, (await boss.RunAsync(
            OwnProgram.DirectoryAssembly, [("P2P_PASSWORD", Wrong), ("P2P_INVITATION", Wrong)], stop, "admin", "login", "--user", "boss", "--verbose")).ExitCode);
    }

    /// <summary>The same over plain JSON: bodies that are right, wrong, of other types and cut off.</summary>
    async Task CallAsync(Uri address, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = address };
        var login = await PostAsync(http, "/login", $$"""{"user":"ana","password":"{{Ana}}","reader":true}""", null, stop);
        var token = JsonNode.Parse(login)!["token"]!.GetValue<string>();
        _secrets.Add(token);
        string[] bodies =
        [
            $$"""{"user":"ana","password":"{{Wrong}}","reader":true}""", $$"""{"user":"x","password":["{{Wrong}}"]}""", $$"""{"passwort":"{{Wrong}}"}""",
            $$"""{"user":"x","password":"{{Wrong}}","port":"{{Wrong}}"}""", $$"""{"user":"x","password":"{{Wrong}}"," """, $$"""{"user":"x","invitation":"{{Wrong}}","password":"short"}""",
        ];
        foreach (var body in bodies)
        {
            // What the caller sent wrong in another field it may be shown.
            var answer = await PostAsync(http, "/login", body, null, stop);
            Assert.True(body.Contains("port", StringComparison.Ordinal) || !answer.Contains(Wrong, StringComparison.Ordinal), answer);
        }

        _printed.Add(await PostAsync(http, "/v1/password", $$"""{"currentPassword":"{{Wrong}}","newPassword":"{{AnaNew}}"}""", token, stop));
        _printed.Add(await PostAsync(http, "/search", """{"archivo":"file"}""", token, stop));
        _printed.Add(await PostAsync(http, "/search", """{"archivo":"file"}""", Wrong, stop));
        // Secrets that break the rules of their own fields.
        var tooLong = string.Concat(Enumerable.Repeat(Wrong, 20));
        _printed.Add(await PostAsync(http, "/v1/password", $$"""{"currentPassword":"{{Wrong}}","newPassword":"{{Short}}"}""", token, stop));
        _printed.Add(await PostAsync(http, "/v1/password", $$"""{"currentPassword":"{{Wrong}}","newPassword":"{{tooLong}}"}""", token, stop));
        _printed.Add(await PostAsync(http, "/login", $$"""{"user":"x","password":"{{tooLong}}","invitation":"{{tooLong}}","reader":true}""", token, stop));
        _printed.Add(await PostAsync(http, "/v1/admin/accounts", $$"""{"user":"x","password":"{{Short}}"}""", token, stop));
    }

    static async Task<string> PostAsync(HttpClient http, string path, string body, string? token, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var answer = await http.SendAsync(request, stop);
        return await answer.Content.ReadAsStringAsync(stop);
    }

    /// <summary>A command whose result is a code: there, and nowhere else.</summary>
    async Task<string> CodeAsync(Machine boss, CancellationToken stop, params string[] command)
    {
        var (exit, output) = await boss.RunAsync(OwnProgram.DirectoryAssembly, [], stop, ["admin", .. command, "--json", "--verbose"]);
        Assert.True(exit == 0, output);
        _showsACode.Add(boss.Programs[^1]);
        var code = output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!["invitation"]?.GetValue<string>()).OfType<string>().Single();
        _secrets.Add(code);
        return code;
    }

    void AssertNoSecret(string where, string text) =>
        Assert.All(_secrets, secret => Assert.False(text.Contains(secret, StringComparison.Ordinal), $"{where} shows {secret[..7]}…:\n{Around(text, secret)}"));

    static string Around(string text, string secret)
    {
        var at = text.IndexOf(secret, StringComparison.Ordinal);
        return at < 0 ? "" : text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 200)];
    }

    void AssertFiles()
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        var files = new DirectoryInfo(_folder.Path).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.UnixFileMode != UnixFileMode.None).ToList();
        Assert.Contains(files, file => file.Name == "operator-logins");
        foreach (var file in files.Where(file => (file.UnixFileMode & Others) != UnixFileMode.None))
        {
            AssertNoSecret(file.FullName, Encoding.Latin1.GetString(File.ReadAllBytes(file.FullName)));
        }
    }
}
