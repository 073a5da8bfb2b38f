using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using P2P.Server.Accounts;

namespace P2P.Server.Tests.Calls;

/// <summary>The documented bodies, byte for byte, as curl sends them.</summary>
public sealed class JsonTests
{
    const string Login =
        """{"user":"peer1","password":"per1234","ip":"127.0.0.1","url":"http://localhost","port":"5001","archivos":"file1.txt,file2.txt,file3.txt"}""";

    const string Address = """{"ip":"127.0.0.1","url":"http://localhost:5001"}""";

    [Fact]
    public async Task DocumentedBodies_InOpenAccess_Answer200WithoutAToken()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await PostAsync(directory, "/login", Login);
        Assert.Equal(HttpStatusCode.OK, login.Status);
        Assert.Equal(3, login.Body.GetProperty("filesAccepted").GetInt32());
        Assert.Equal(43, login.Body.GetProperty("token").GetString()!.Length);

        var index = await PostAsync(directory, "/index", Address);
        Assert.Equal(HttpStatusCode.OK, index.Status);
        var files = index.Body.GetProperty("peers")[0].GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString());
        Assert.Equal(["file1.txt", "file2.txt", "file3.txt"], files);

        var search = await PostAsync(directory, "/search", """{"archivo":"file1.txt"}""");
        Assert.Equal("peer1", search.Body.GetProperty("hits")[0].GetProperty("sources")[0].GetProperty("user").GetString());
        Assert.Equal((HttpStatusCode.OK, "{}"), await RawAsync(directory, "/logout", Address));

        var gone = await PostAsync(directory, "/index", Address);
        Assert.Equal(HttpStatusCode.NotFound, gone.Status);
        Assert.Equal("NO_SUCH_PEER", gone.Body.GetProperty("details")[0].GetProperty("reason").GetString());
        Assert.Equal(0, (await PostAsync(directory, "/search", """{"archivo":"file1.txt"}""")).Body.GetProperty("hits").GetArrayLength());
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(directory, "/index", "{}")).Status);
    }

    [Fact]
    public async Task BadInput_OverHttp_IsStatusJson()
    {
        await using var directory = await TestDirectory.StartAsync();
        var many = await PostAsync(directory, "/login", """{"url":"ftp://x","port":"70000"}""");
        Assert.Equal(HttpStatusCode.BadRequest, many.Status);
        var fields = many.Body.GetProperty("details")[0].GetProperty("fieldViolations").EnumerateArray()
            .Select(violation => violation.GetProperty("field").GetString()).Distinct().Order();
        Assert.Equal(["password", "port", "url", "user"], fields);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(directory, "/login", """{"nonsense":1}""")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(directory, "/v1/heartbeat", "{}")).Status);
        var forged = await PostAsync(directory, "/search", """{"archivo":"a","pageToken":"AAAAAAAAAAAAAAAAAAAAAAAA"}""");
        Assert.Equal((HttpStatusCode.BadRequest, "BAD_PAGE_TOKEN"), (forged.Status, forged.Body.GetProperty("details")[0].GetProperty("reason").GetString()));
    }

    [Theory]
    [InlineData("ana\\u202e")]
    [InlineData("an\\u200ba")]
    [InlineData("ana\\ufeff")]
    [InlineData("an\\ta")]
    public async Task Login_NameThatCannotBeSeen_IsAViolationOfTheUser(string user)
    {
        await using var directory = await TestDirectory.StartAsync();

        var answer = await PostAsync(directory, "/login", $$"""{"user":"{{user}}","password":"per1234","reader":true}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("user", answer.Body.GetProperty("details")[0].GetProperty("fieldViolations")[0].GetProperty("field").GetString());
    }

    [Fact]
    public async Task Pages_OfOneQuery_DoNotOpenAnother()
    {
        await using var directory = await TestDirectory.StartAsync();
        await PostAsync(directory, "/login", Login);
        var first = await PostAsync(directory, "/search", """{"archivo":"file","pageSize":2}""");
        var token = first.Body.GetProperty("nextPageToken").GetString();
        var second = await PostAsync(directory, "/search", $$"""{"archivo":"file","pageSize":2,"pageToken":"{{token}}"}""");
        Assert.Equal("file3.txt", second.Body.GetProperty("hits")[0].GetProperty("name").GetString());
        Assert.Equal("", second.Body.GetProperty("nextPageToken").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(directory, "/search", $$"""{"archivo":"fil","pageToken":"{{token}}"}""")).Status);
    }

    [Fact]
    public async Task Publish_NdjsonBody_ShowsTheFiles()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await PostAsync(directory, "/login", Login);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/publish");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", login.Body.GetProperty("token").GetString());
        request.Content = new StringContent(
            """
            {"replace":true,"upserts":[{"path":"a/one"}]}
            {"upserts":[{"path":"a/two","size":"5"}]}

            """,
            Encoding.UTF8,
            "application/x-ndjson");
        using var answer = await directory.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, body);
        Assert.Contains("\"fileCount\":2", body, StringComparison.Ordinal);
        Assert.Equal(["one", "two"], (await directory.SearchAsync("*")).Order());
    }

    [Fact]
    public async Task OpenAccess_ForwardedRequestOrForeignHost_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var forwarded = new HttpRequestMessage(HttpMethod.Get, "/v1/search?archivo=a");
        forwarded.Headers.Add("X-Forwarded-For", "1.2.3.4");
        using var refused = await directory.Http.SendAsync(forwarded, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("PROXY_UNKNOWN", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/v1/search?archivo=a");
        rebound.Headers.Host = "evil.example";
        using var foreign = await directory.Http.SendAsync(rebound, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, foreign.StatusCode);
    }

    [Fact]
    public async Task MembersAccess_WithoutToken_AllowsLoginChallengeAndHealthOnly()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(directory, "/search", """{"archivo":"a"}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(directory, "/v1/challenge", "{}")).Status);
        using var health = await directory.Http.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Theory]
    [InlineData("/swagger/index.html", "text/html")]
    [InlineData("/openapi/v1.json", "application/")]
    [InlineData("/", "text/html")]
    public async Task Page_InOpenAccess_IsServed(string path, string type)
    {
        await using var directory = await TestDirectory.StartAsync();
        using var answer = await directory.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith(type, answer.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
    }

    static async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(TestDirectory directory, string path, string json)
    {
        var (status, text) = await RawAsync(directory, path, json);
        return (status, JsonDocument.Parse(text).RootElement);
    }

    static async Task<(HttpStatusCode Status, string Body)> RawAsync(TestDirectory directory, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await directory.Http.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
