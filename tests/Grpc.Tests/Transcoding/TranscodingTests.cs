using System.Text.Json;

namespace Grpc.Tests.Transcoding;

/// <summary>The examples of the contract, over HTTP.</summary>
public sealed class TranscodingTests : IAsyncLifetime
{
    LibraryHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await LibraryHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    static void AssertStatus(Answer answer, int http, int code)
    {
        Assert.Equal((http, "application/json"), (answer.Status, answer.Type));
        using var status = JsonDocument.Parse(answer.Text);
        Assert.Equal(code, status.RootElement.GetProperty("code").GetInt32());
        Assert.NotEqual("", status.RootElement.GetProperty("message").GetString());
        Assert.Equal($"{answer.Text.Length}", answer.Headers["content-length"]);
    }

    [Theory]
    [InlineData("/v1/shelves/1/books/2", """{"name":"shelves/1/books/2"}""")]
    [InlineData("/v1/files/a/b%20c", """{"path":"a/b c"}""")]
    [InlineData("/v1/files", "{}")]
    [InlineData("/v1/items/a%2Fb", """{"id":"a/b","tags":["a","b"]}""")]
    [InlineData("/v1/items/a%252Fb", """{"id":"a%2Fb","tags":["a","b"]}""")]
    [InlineData("/v1/items/caf%C3%A9", """{"id":"café","tags":["a","b"]}""")]
    [InlineData("/v1/items/a+b", """{"id":"a+b","tags":["a","b"]}""")]
    [InlineData("/v1/things/x", """{"id":"x","tags":["a","b"]}""")]
    [InlineData("/v1/numbered/7", """{"n":7,"tags":["a","b"]}""")]
    [InlineData("/v1/items/x/tags", """["a","b"]""")]
    [InlineData("/v1/any?id=x", """{"id":"x"}""")]
    [InlineData("/v1/typed/E_A/-_8/1.5s/w/true/2026-01-31T12:00:00Z/a,bC/0?q=x", """{"e":"E_A","data":"+/8=","dur":"1.500s","mask":"a,bC","sv":"w","opt":0,"q":"x","flag":true,"time":"2026-01-31T12:00:00Z"}""")]
    [InlineData("/v1/typed/2/%2B%2F8%3D/-1s/%20/false/2026-01-31T12:00:00%2B01:00/a/-1", """{"e":"LETTER_B","data":"+/8=","dur":"-1s","mask":"a","sv":" ","opt":-1,"time":"2026-01-31T11:00:00Z"}""")]
    public async Task Get_Path_IsBound(string path, string expected)
    {
        var answer = await _host.SendAsync("GET", path);

        Assert.Equal((200, expected, "application/json"), (answer.Status, answer.Text, answer.Type));
        Assert.Equal($"{System.Text.Encoding.UTF8.GetByteCount(expected)}", answer.Headers["content-length"]);
    }

    [Theory]
    [InlineData("/v1/shelves/1/books")]
    [InlineData("/v1/shelves/1/books/2/x")]
    [InlineData("/v1/items/")]
    [InlineData("/v1/items/x/")]
    [InlineData("/V1/ITEMS/x")]
    [InlineData("/nothing/at/all")]
    [InlineData("/")]
    public async Task Get_UnknownPath_IsNotFound(string path) => AssertStatus(await _host.SendAsync("GET", path), 404, 5);

    [Theory]
    [InlineData("DELETE", "/v1/items", "GET, POST")]
    [InlineData("POST", "/v1/items/x:other", "GET, HEAD, PATCH")]
    [InlineData("OPTIONS", "/v1/items", "GET, POST")]
    public async Task Send_OtherMethod_Is405WithAllow(string method, string path, string allow)
    {
        var answer = await _host.SendAsync(method, path);

        AssertStatus(answer, 405, 12);
        Assert.Equal(allow, answer.Headers["allow"]);
    }

    [Theory]
    [InlineData("page_size=5", """{"pageSize":5}""")]
    [InlineData("pageSize=5", """{"pageSize":5}""")]
    [InlineData("tag=a&tag=b", """{"tag":["a","b"]}""")]
    [InlineData("filter.owner.name=x&filter.sizes=1&filter.sizes=2", """{"filter":{"owner":{"name":"x"},"sizes":["1","2"]}}""")]
    [InlineData("e=E_A", """{"e":"E_A"}""")]
    [InlineData("e=1", """{"e":"E_A"}""")]
    [InlineData("e=7", """{"e":7}""")]
    [InlineData("letters=E_A&letters=2", """{"letters":["E_A","LETTER_B"]}""")]
    [InlineData("data=-_8=", """{"data":"+/8="}""")]
    [InlineData("data=%2B%2F8%3D", """{"data":"+/8="}""")]
    [InlineData("dur=1.5s&mask=a,bC", """{"dur":"1.500s","mask":"a,bC"}""")]
    [InlineData("sv=", """{"sv":""}""")]
    [InlineData("lv=5", """{"lv":"5"}""")]
    [InlineData("opt=0", """{"opt":0}""")]
    [InlineData("q=a+b%26c%2B", """{"q":"a b&c+"}""")]
    [InlineData("flag=true", """{"flag":true}""")]
    [InlineData("flag=false", "{}")]
    [InlineData("time=2026-01-31T12:00:00%2B01:00", """{"time":"2026-01-31T11:00:00Z"}""")]
    [InlineData("labels[a.b]=c&labels[d]=", """{"labels":{"a.b":"c","d":""}}""")]
    [InlineData("byNumber[-1]=5", """{"byNumber":{"-1":"5"}}""")]
    [InlineData("ratio=NaN", """{"ratio":"NaN"}""")]
    [InlineData("&&q=x&", """{"q":"x"}""")]
    public async Task Get_Query_IsBound(string query, string expected)
    {
        var answer = await _host.SendAsync("GET", "/v1/items?" + query);

        Assert.Equal((200, expected), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData("e=NOPE", "e", "must be one of LETTER_UNSPECIFIED, E_A")]
    [InlineData("page_size=1&pageSize=2", "pageSize", "is given more than once")]
    [InlineData("nope=1", "nope", "is not a field")]
    [InlineData("filter.nope=1", "filter.nope", "is not a field")]
    [InlineData("items=x", "items", "cannot be given in the query")]
    [InlineData("items.id=x", "items.id", "is not a field")]
    [InlineData("filter=x", "filter", "cannot be given in the query")]
    [InlineData("value=x", "value", "cannot be given in the query")]
    [InlineData("flag=TRUE", "flag", "must be true or false")]
    [InlineData("flag", "flag", "must be true or false")]
    [InlineData("page_size=abc", "page_size", "must be an integer")]
    [InlineData("page_size=2147483648", "page_size", "must be an integer")]
    [InlineData("choiceText=x&choiceNumber=1", "choiceNumber", "another member of the oneof choice")]
    [InlineData("q=%E9", "q", "is not percent-encoded")]
    [InlineData("labels[a]=1&labels[a]=2", "labels[a]", "is given more than once")]
    [InlineData("byNumber[x]=1", "byNumber[x]", "the key must be an integer")]
    [InlineData("sv=a&sv=b", "sv", "is given more than once")]
    public async Task Get_WrongQuery_Is400WithTheField(string query, string field, string description)
    {
        var answer = await _host.SendAsync("GET", "/v1/items?" + query);

        AssertStatus(answer, 400, 3);
        using var status = JsonDocument.Parse(answer.Text);
        var detail = status.RootElement.GetProperty("details")[0];
        Assert.Equal("type.googleapis.com/google.rpc.BadRequest", detail.GetProperty("@type").GetString());
        var violation = detail.GetProperty("fieldViolations")[0];
        Assert.Equal(field, violation.GetProperty("field").GetString());
        Assert.StartsWith(description, violation.GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/numbered/abc")]
    [InlineData("/v1/numbered/2147483648")]
    [InlineData("/v1/items/%E9")]
    [InlineData("/v1/typed/NOPE/-_8/1.5s/w/true/2026-01-31T12:00:00Z/a/0")]
    [InlineData("/v1/typed/E_A/-_8/1.5/w/true/2026-01-31T12:00:00Z/a/0")]
    [InlineData("/v1/choices/x?choiceNumber=1")]
    public async Task Get_WrongPathValue_Is400(string path) => AssertStatus(await _host.SendAsync("GET", path), 400, 3);

    [Fact]
    public async Task Post_BodySetsAnotherMemberOfThePathsOneof_Is400()
    {
        AssertStatus(await _host.SendAsync("POST", "/v1/choices/x", """{"choiceNumber":1}"""), 400, 3);
        Assert.Equal("""{"choiceText":"x"}""", (await _host.SendAsync("POST", "/v1/choices/x", """{"choiceText":"y"}""")).Text);
    }

    [Theory]
    [InlineData("/v1/wrapped", "\"x\"", 200)]
    [InlineData("/v1/wrapped", "{\"value\":\"x\"}", 400)]
    [InlineData("/v1/loose", "null", 200)]
    [InlineData("/v1/loose", "[1,{\"a\":null}]", 200)]
    [InlineData("/v1/timed", "\"2026-01-31T12:00:00Z\"", 200)]
    [InlineData("/v1/timed", "1", 400)]
    public async Task Post_MessageThatIsNoObject_IsItsOwnJson(string path, string body, int status)
    {
        var answer = await _host.SendAsync("POST", path, body);

        Assert.Equal(status, answer.Status);
        Assert.True(status == 400 || answer.Text == body, answer.Text);
    }

    [Fact]
    public async Task Post_ResponseWithoutAJsonForm_IsTheHandlersFailure()
    {
        var answer = await _host.SendAsync("POST", "/v1/loose", "\"no form\"");

        AssertStatus(answer, 500, 2);
        Assert.DoesNotContain("protobuf", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"x"}""", """{"id":"x"}""")]
    [InlineData("{}", "{}")]
    [InlineData("""{"count":"9007199254740993","n":"5001"}""", """{"count":"9007199254740993","n":5001}""")]
    [InlineData("""{"n":1.0,"ratio":"Infinity","opt":0}""", """{"n":1,"ratio":"Infinity","opt":0}""")]
    [InlineData("""{"title":null,"e":1}""", """{"e":"E_A"}""")]
    public async Task Post_Body_IsBound(string body, string expected)
    {
        var answer = await _host.SendAsync("POST", "/v1/items", body);

        Assert.Equal((200, expected), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("""{"n":1.5}""")]
    [InlineData("""{"nope":1}""")]
    [InlineData("""{"id":"a","id":"b"}""")]
    [InlineData("{")]
    public async Task Post_WrongBody_Is400(string body) => AssertStatus(await _host.SendAsync("POST", "/v1/items", body), 400, 3);

    [Fact]
    public async Task Post_WrongBody_NamesFieldAndPosition()
    {
        var answer = await _host.SendAsync("POST", "/v1/items", "{\n \"n\": \"x\", \"e\": \"NOPE\"}");

        Assert.Contains("\"message\":\"n: must be an integer from -2147483648 to 2147483647 (line 2, column 7) (and 1 more)\"", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("application/json;charset=\"UTF-8\"", 200)]
    [InlineData("application/vnd.x+json", 200)]
    [InlineData("APPLICATION/JSON", 200)]
    [InlineData("text/plain", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("", 415)]
    public async Task Post_ContentType(string type, int status)
    {
        var answer = await _host.SendAsync("POST", "/v1/items", "{}", type);

        Assert.Equal(status, answer.Status);
        if (status != 200)
        {
            AssertStatus(answer, 415, 3);
        }
    }

    [Theory]
    [InlineData("gzip", 415)]
    [InlineData("identity", 200)]
    public async Task Post_ContentEncoding(string encoding, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_host.Address, "/v1/items")) { Content = new StringContent("{}") };
        request.Content.Headers.ContentType = new("application/json");
        request.Content.Headers.ContentEncoding.Add(encoding);
        using var response = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Post_QueryBesideWholeBody_Is400WhenStrict() =>
        AssertStatus(await _host.SendAsync("POST", "/v1/items?id=y", """{"id":"x"}"""), 400, 3);

    [Theory]
    [InlineData("POST")]
    [InlineData("PURGE")]
    public async Task Send_RuleOfAnyMethodWithoutBody_ReadsTheQueryAlone(string method)
    {
        var answer = await _host.SendAsync(method, "/v1/any?id=x", "no JSON", "text/plain");

        Assert.Equal((200, """{"id":"x"}"""), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task Duplex_WithARule_IsNotServed() => AssertStatus(await _host.SendAsync("POST", "/v1/talk", "{}"), 404, 5);

    [Fact]
    public async Task Post_CustomVerb_PathBeatsBody()
    {
        var answer = await _host.SendAsync("POST", "/v1/items/x:archive", """{"id":"y","title":"t"}""");

        Assert.Equal("""{"id":"x","title":"t"}""", answer.Text);
    }

    [Theory]
    [InlineData("", """{"title":"t"}""", """{"item":{"id":"7","title":"t"},"updateMask":"title"}""")]
    [InlineData("", """{"id":"8","owner":{"name":"n","friend":{}},"tags":[],"n":null,"extra":{"a":1}}""", """{"item":{"id":"7","owner":{"name":"n","friend":{}},"extra":{"a":1}},"updateMask":"id,owner.name,owner.friend,tags,n,extra"}""")]
    [InlineData("?updateMask=count", """{"title":"t"}""", """{"item":{"id":"7","title":"t"},"updateMask":"count"}""")]
    public async Task Patch_BodyField_FillsTheMask(string query, string body, string expected)
    {
        var answer = await _host.SendAsync("PATCH", "/v1/items/7" + query, body);

        Assert.Equal((200, expected), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task Put_RepeatedBodyField_AndResponseField()
    {
        var answer = await _host.SendAsync("PUT", "/v1/items/7/tags?title=t", """["x","y"]""");
        Assert.Equal((200, """["x","y"]"""), (answer.Status, answer.Text));

        var wrong = await _host.SendAsync("PUT", "/v1/items/7/tags", """["x",1]""");
        Assert.Contains("\"field\":\"tags[1]\"", wrong.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_CustomRule_HasNoBody()
    {
        var answer = await _host.SendAsync("HEAD", "/v1/items/x");

        Assert.Equal((200, ""), (answer.Status, answer.Text));
        Assert.Equal("""{"id":"x","tags":["a","b"]}""".Length.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Headers["content-length"]);
    }

    [Fact]
    public async Task Metadata_GoesBothWaysAsHeaders()
    {
        var answer = await _host.SendAsync("GET", "/v1/items/x", headers: ("X-Title", "from header"));

        Assert.Contains("\"title\":\"from header\"", answer.Text, StringComparison.Ordinal);
        Assert.Equal(("42", "AQID"), (answer.Headers["x-answer"], answer.Headers["x-blob-bin"]));
    }

    [Fact]
    public async Task Metadata_WhatFramesAMessage_IsLeftOut()
    {
        var answer = await _host.SendAsync("GET", "/v1/items/x");

        Assert.Equal(("application/json", $"{answer.Text.Length}"), (answer.Type, answer.Headers["content-length"]));
        Assert.False(answer.Headers.ContainsKey("transfer-encoding") || answer.Headers.ContainsKey("connection"));
    }

    [Fact]
    public async Task Metadata_BrokenBinary_Is400() =>
        AssertStatus(await _host.SendAsync("GET", "/v1/items/x", headers: ("x-some-bin", "!!")), 400, 3);

    [Theory]
    [InlineData(1, 499)]
    [InlineData(2, 500)]
    [InlineData(3, 400)]
    [InlineData(4, 504)]
    [InlineData(5, 404)]
    [InlineData(6, 409)]
    [InlineData(7, 403)]
    [InlineData(8, 429)]
    [InlineData(9, 400)]
    [InlineData(10, 409)]
    [InlineData(11, 400)]
    [InlineData(12, 501)]
    [InlineData(13, 500)]
    [InlineData(14, 503)]
    [InlineData(15, 500)]
    [InlineData(16, 401)]
    public async Task Fail_Code_HasItsHttpStatus(int code, int status)
    {
        var answer = await _host.SendAsync("GET", $"/v1/fail?code={code}");

        Assert.Equal(status, answer.Status);
        using var error = JsonDocument.Parse(answer.Text);
        Assert.Equal(code, error.RootElement.GetProperty("code").GetInt32());
        Assert.Equal("fehlt: \"é\" \u2028", error.RootElement.GetProperty("message").GetString());
        Assert.Equal("why", answer.Headers["x-hint"]);
    }

    [Fact]
    public async Task Fail_WithDetails_ShowsThem()
    {
        var answer = await _host.SendAsync("GET", "/v1/fail?code=5&details=true");

        Assert.Equal(404, answer.Status);
        Assert.Equal(
            """{"code":5,"message":"with details","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"GONE","domain":"test"},{"@type":"type.googleapis.com/grpc.tests.transcoding.Node","name":"own type"},{"@type":"type.googleapis.com/no.Such","value":"AgI="}]}""".Replace("AgI=", "AgE=", StringComparison.Ordinal),
            answer.Text.Replace("AQI=", "AgE=", StringComparison.Ordinal));
        Assert.False(answer.Headers.ContainsKey("grpc-status-details-bin"));
    }

    [Fact]
    public async Task Fail_Unexpectedly_SaysNothingOfTheException()
    {
        var answer = await _host.SendAsync("GET", "/v1/fail?unexpected=true");

        AssertStatus(answer, 500, 2);
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("TimeZone", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authorize_Attribute_Works()
    {
        AssertStatus(await _host.SendAsync("GET", "/v1/secret?id=x"), 401, 16);
        Assert.Equal("""{"id":"x"}""", (await _host.SendAsync("GET", "/v1/secret?id=x", headers: ("Authorization", "me"))).Text);
    }

    [Fact]
    public async Task Middleware_Throws_IsAStatusThatSaysNothingOfIt()
    {
        var answer = await _host.SendAsync("GET", "/v1/items/x", headers: ("Authorization", "broken"));

        AssertStatus(answer, 500, 2);
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_Failure_HasNoBody()
    {
        var answer = await _host.SendAsync("HEAD", "/v1/nothing");

        Assert.Equal((404, "", "application/json"), (answer.Status, answer.Text, answer.Type));
    }

    [Fact]
    public async Task OtherEndpoints_AreReached() => Assert.Equal("page", (await _host.SendAsync("GET", "/page")).Text);
}
