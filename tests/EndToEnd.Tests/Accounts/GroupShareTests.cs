using System.Text.Json.Nodes;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Accounts;

/// <summary><c>share DIR --to group:NAME</c>: a member finds and gets it, others do not see that it is there.</summary>
public sealed class GroupShareTests
{
    const string Password = "per12345";

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Share_ToAGroup_IsForItsMembersOnly()
    {
        using var folder = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop, more: "--operator-code");
        var (boss, owner, member, other) = (Machine("boss"), Machine("owner"), Machine("member"), Machine("other"));
        await AdminAsync(boss, [("P2P_PASSWORD", Password)], "login", "--user", "boss", "--code-file", folder.File("directory/operator-code"));
        foreach (var user in (string[])["owner", "member", "other"])
        {
            await directory.PostAsync("/login", new JsonObject { ["user"] = user, ["password"] = Password, ["reader"] = true }.ToJsonString(), Stop);
        }

        await AdminAsync(boss, [], "groups", "add", "lab", "member");
        var file = TestFile.Create(folder.File("share/secret.bin"), 700_000, seed: 6);
        await using var share = owner.Start(
            OwnProgram.PeerAssembly, [("P2P_PASSWORD", Password)],
            "share", folder.File("share"), "--to", "group:lab", "--user", "owner", "--bind", "0.0.0.0", "--port", "0");
        await share.WaitForAsync("Online at", Stop);
        var (memberToken, otherToken) = (await TokenAsync(directory, "member"), await TokenAsync(directory, "other"));
        var root = await HitAsync(directory, memberToken);

        var found = await PeerAsync(member, "search", "secret.bin");
        Assert.True(found.ExitCode == 0 && found.Output.Contains("secret.bin", StringComparison.Ordinal), found.Output);
        var got = await PeerAsync(member, "get", "secret.bin", "-o", folder.File("got.bin"));
        Assert.True(got.ExitCode == 0, got.Output);
        Assert.Equal(await Shell.Sha256SumAsync(file, Stop), await Shell.Sha256SumAsync(folder.File("got.bin"), Stop));

        var unseen = await PeerAsync(other, "search", "secret.bin", "--json");
        Assert.DoesNotContain("secret.bin\"", unseen.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(root, unseen.Output, StringComparison.Ordinal);
        foreach (var what in (string[])["secret.bin", "share/secret.bin", root])
        {
            var refused = await PeerAsync(other, "get", what, "-o", folder.File("stolen.bin"), "--patience", "1");
            Assert.True(refused.ExitCode == 4, $"{what}: {refused.ExitCode}\n{refused.Output}");
        }

        Assert.False(File.Exists(folder.File("stolen.bin")));
        // Nor is anyone told through the directory: who has no account, and who names it to the letter.
        foreach (var token in (string?[])[otherToken, null])
        {
            foreach (var body in (string[])["""{"archivo":"secret.bin"}""", $$"""{"root":"{{root}}"}"""])
            {
                var (status, answer) = await directory.PostAsync("/descargar", body, Stop, token);
                Assert.Equal((404, "NO_SUCH_CONTENT"), (status, answer["details"]![0]!["reason"]!.GetValue<string>()));
            }
        }

        Machine Machine(string name) => new(folder, name, directory.Address);
    }

    static async Task AdminAsync(Machine boss, (string, string)[] secrets, params string[] arguments)
    {
        var (code, output) = await boss.RunAsync(OwnProgram.DirectoryAssembly, secrets, Stop, ["admin", .. arguments]);
        Assert.True(code == 0, output);
    }

    static Task<(int ExitCode, string Output)> PeerAsync(Machine machine, params string[] arguments) => machine.RunAsync(
        OwnProgram.PeerAssembly, [("P2P_PASSWORD", Password), ("P2P_USER", Path.GetFileName(machine.File("").TrimEnd('/')))], Stop, arguments);

    static async Task<string> TokenAsync(RunningDirectory directory, string user)
    {
        var body = new JsonObject { ["user"] = user, ["password"] = Password, ["reader"] = true };
        return (await directory.PostAsync("/login", body.ToJsonString(), Stop)).Body["token"]!.GetValue<string>();
    }

    /// <summary>The root, once the member finds it.</summary>
    static async Task<string> HitAsync(RunningDirectory directory, string token)
    {
        while (true)
        {
            var (_, body) = await directory.PostAsync("/search", """{"archivo":"secret.bin"}""", Stop, token);
            if (body["hits"] is JsonArray { Count: > 0 } hits)
            {
                return hits[0]!["root"]!.GetValue<string>();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Stop);
        }
    }
}
