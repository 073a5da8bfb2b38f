using System.Text.Json.Nodes;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Documented;

/// <summary>The bodies that were documented first, byte for byte, sent by curl.</summary>
public sealed class DocumentedBodiesTests
{
    const string Login =
        """{"user":"peer1","password":"per1234","ip":"127.0.0.1","url":"http://localhost","port":"5001","archivos":"file1.txt,file2.txt,file3.txt"}""";

    const string Index = """{"ip":"127.0.0.1","url":"http://localhost:5001"}""";
    const string Search = """{"archivo":"file1.txt"}""";

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DocumentedBodies_ByCurl_AnswerAsDescribed()
    {
        using var data = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(data.Path, Stop);

        var login = await PostAsync(directory, "/login", Login, 200);
        Assert.Equal(3, (int)login["filesAccepted"]!);
        Assert.Equal(43, ((string)login["token"]!).Length);
        Assert.False((bool)login["verified"]!);
        Assert.NotEmpty((string)login["peerId"]!);

        var index = await PostAsync(directory, "/index", Index, 200);
        Assert.Equal(
            ["file1.txt", "file2.txt", "file3.txt"],
            index["peers"]![0]!["files"]!.AsArray().Select(file => (string)file!["path"]!));

        var search = await PostAsync(directory, "/search", Search, 200);
        var source = search["hits"]![0]!["sources"]![0]!;
        Assert.Equal("127.0.0.1", (string)source["ip"]!);
        Assert.Equal(5001, (int)source["port"]!);
        Assert.Equal((string)login["peerId"]!, (string)source["peerId"]!);

        Assert.Equal("{}", (await PostAsync(directory, "/logout", Index, 200)).ToJsonString());
        Assert.Empty((await PostAsync(directory, "/search", Search, 200))["hits"]?.AsArray() ?? []);
        Assert.Equal("NO_SUCH_PEER", Reason(await PostAsync(directory, "/index", Index, 404)));
    }

    [Fact]
    public async Task BadBodies_ByCurl_NameEveryViolationAtOnce()
    {
        using var data = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(data.Path, Stop);

        var answer = await PostAsync(
            directory, "/login", """{"user":"","password":"x","ip":"nowhere","url":"http://localhost:5001","port":70000}""", 400);

        Assert.Equal(3, (int)answer["code"]!);
        var fields = answer["details"]!.AsArray()
            .SelectMany(detail => detail!["fieldViolations"]?.AsArray() ?? [])
            .Select(violation => (string)violation!["field"]!);
        Assert.Superset(new HashSet<string> { "user", "ip", "port" }, fields.ToHashSet());
    }

    [Fact]
    public async Task Login_WrongPassword_IsUnauthenticated()
    {
        using var data = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(data.Path, Stop);
        await PostAsync(directory, "/login", Login, 200);

        var answer = await PostAsync(directory, "/login", Login.Replace("per1234", "guess", StringComparison.Ordinal), 401);

        Assert.Equal("BAD_CREDENTIALS", Reason(answer));
    }

    static string Reason(JsonNode status) =>
        (string)status["details"]!.AsArray().Single(detail => detail!["reason"] is not null)!["reason"]!;

    static async Task<JsonNode> PostAsync(RunningDirectory directory, string path, string body, int expectedStatus)
    {
        var output = await Shell.RunAsync(
            Shell.Curl, Stop, "-sS", "-w", "\n%{http_code}", "-H", "content-type: application/json", "-d", body, new Uri(directory.Address, path).ToString());
        var status = output[(output.LastIndexOf('\n') + 1)..];
        var answer = output[..output.LastIndexOf('\n')];
        Assert.True(status == expectedStatus.ToString(null, null), $"{path} answered {status}: {answer}");
        return JsonNode.Parse(answer)!;
    }
}
