using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Tests.Transcoding;

/// <summary>Settings, limits, deadlines and CORS, over HTTP.</summary>
public sealed class TranscodingOptionsTests
{
    [Fact]
    public async Task Defaults_AreLenientAndWriteDefaults()
    {
        await using var host = await LibraryHost.StartAsync(json: _ => { });

        Assert.Equal(
            """{"id":"x","title":"","count":5,"n":0,"ratio":0,"e":"LETTER_UNSPECIFIED","tags":[]}""",
            (await host.SendAsync("POST", "/v1/items?id=y&nope=1", """{"id":"x","nope":{"a":[]},"count":5}""")).Text);
        Assert.Equal(200, (await host.SendAsync("GET", "/v1/items?nope=1")).Status);
        Assert.Equal(400, (await host.SendAsync("GET", "/v1/items?e=NOPE")).Status);
        Assert.Equal(400, (await host.SendAsync("GET", "/v1/items?items=x")).Status);
        Assert.Contains("\"details\":[]", (await host.SendAsync("GET", "/none")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_DoAsTheyAreNamed()
    {
        await using var host = await LibraryHost.StartAsync(json =>
        {
            json.JsonSettings = new GrpcJsonSettings
            {
                IgnoreDefaultValues = true,
                RemoveEnumPrefix = true,
                PropertyNameCaseInsensitive = true,
                WriteIndented = true,
                WriteInt64sAsStrings = true,
            };
        });
        Assert.Equal(
            "{\n  \"count\": \"5\",\n  \"e\": \"B\"\n}",
            (await host.SendAsync("POST", "/v1/items", """{"COUNT":5,"E":"LETTER_B"}""")).Text.ReplaceLineEndings("\n"));
        Assert.Contains("\"B\"", (await host.SendAsync("POST", "/v1/items", """{"e":"B"}""")).Text, StringComparison.Ordinal);
        Assert.Contains("\"E_A\"", (await host.SendAsync("GET", "/v1/items?e=E_A")).Text, StringComparison.Ordinal);

        await using var integers = await LibraryHost.StartAsync(json => json.JsonSettings = new() { IgnoreDefaultValues = true, WriteEnumsAsIntegers = true });
        Assert.Equal("""{"e":2}""", (await integers.SendAsync("POST", "/v1/items", """{"e":"LETTER_B"}""")).Text);
    }

    [Fact]
    public async Task MaxReceiveMessageSize_HoldsForJson()
    {
        await using var host = await LibraryHost.StartAsync(grpc: grpc => grpc.MaxReceiveMessageSize = 1000);
        var body = $"{{\"id\":\"{new string('x', 991)}\"}}";
        Assert.Equal(1000, body.Length);
        Assert.Equal(200, (await host.SendAsync("POST", "/v1/items", body)).Status);
        var answer = await host.SendAsync("POST", "/v1/items", body + " ");
        Assert.Equal((413, "application/json"), (answer.Status, answer.Type));
        Assert.StartsWith("{\"code\":8,", answer.Text, StringComparison.Ordinal);

        using var chunked = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, "/v1/uploads/x"))
        {
            Content = new StreamContent(new MemoryStream(new byte[1_000_000])),
        };
        chunked.Headers.TransferEncodingChunked = true;
        using var response = await host.Client.SendAsync(chunked, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task MaxSendMessageSize_HoldsForJson()
    {
        await using var host = await LibraryHost.StartAsync(grpc: grpc => grpc.MaxSendMessageSize = 20);

        Assert.Equal(200, (await host.SendAsync("POST", "/v1/items", """{"id":"x"}""")).Status);
        Assert.Equal(429, (await host.SendAsync("POST", "/v1/items", """{"id":"01234567890123456789"}""")).Status);
    }

    [Fact]
    public async Task DetailedErrors_NameTheException()
    {
        await using var host = await LibraryHost.StartAsync(grpc: grpc => grpc.EnableDetailedErrors = true);

        Assert.Contains("secret detail", (await host.SendAsync("GET", "/v1/fail?unexpected=true")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2500m", 0)]
    [InlineData("2.5s", 0)]
    [InlineData("2500m", 1)]
    public async Task Timeout_Passed_Is504(string timeout, int ignoresToken)
    {
        await using var host = await LibraryHost.StartAsync();
        var answer = host.SendAsync("GET", $"/v1/wait?n={ignoresToken}", headers: ("grpc-timeout", timeout));
        await host.Probe.Received.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(host.Time.GetUtcNow().UtcDateTime.AddSeconds(2.5), host.Probe.Calls[0].Deadline);
        host.Time.Advance(TimeSpan.FromSeconds(2.4));
        Assert.False(host.Probe.Calls[0].CancellationToken.IsCancellationRequested);
        host.Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(host.Probe.Calls[0].CancellationToken.IsCancellationRequested);
        host.Time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal((504, """{"code":4,"message":"Deadline Exceeded"}"""), await answer is var got ? (got.Status, got.Text) : default);
        host.Probe.Gate.Release();
        Assert.True(await host.Probe.Cancelled.Task);
    }

    [Fact]
    public async Task Timeout_OverdueAsTheHandlerEnds_IsAnsweredBeforeTheRequestEnds()
    {
        await using var host = await LibraryHost.StartAsync();
        var answer = host.SendAsync("GET", "/v1/wait?n=1", headers: ("grpc-timeout", "1S"));
        await host.Probe.Received.WaitAsync(TestContext.Current.CancellationToken);
        var held = new HeldContext();
        host.Time.Advance(TimeSpan.FromSeconds(1));
        var timer = Task.Run(() => held.Run(() => host.Time.Advance(TimeSpan.FromSeconds(1))), TestContext.Current.CancellationToken);
        await held.Reached.Task;

        // The answer is the timer's now, and not begun. A request that ended here would end with 200.
        host.Probe.Gate.Release();
        await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken));
        held.Release.Set();

        Assert.Equal(504, (await answer).Status);
        await timer;
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1s")]
    [InlineData("0S")]
    [InlineData("")]
    public async Task Timeout_Malformed_Is400(string timeout)
    {
        await using var host = await LibraryHost.StartAsync();

        Assert.Equal(400, (await host.SendAsync("GET", "/v1/wait", headers: ("grpc-timeout", timeout))).Status);
    }

    [Fact]
    public async Task Preflight_IsAnsweredByTheCorsPolicy()
    {
        await using var host = await LibraryHost.StartAsync(cors: true);
        var answer = await host.SendAsync("OPTIONS", "/v1/items", headers: [("Origin", "http://good"), ("Access-Control-Request-Method", "POST")]);
        Assert.Equal((204, "http://good"), (answer.Status, answer.Headers["access-control-allow-origin"]));

        await using var without = await LibraryHost.StartAsync();
        answer = await without.SendAsync("OPTIONS", "/v1/items", headers: [("Origin", "http://good"), ("Access-Control-Request-Method", "POST")]);
        Assert.Equal((405, "GET, POST"), (answer.Status, answer.Headers["allow"]));
    }

    [Fact]
    public async Task Cors_ForeignOrigins_AreThePolicysBusiness()
    {
        await using var host = await LibraryHost.StartAsync(cors: true);

        var refused = await host.SendAsync("OPTIONS", "/v1/items/x", headers: [("Origin", "http://bad"), ("Access-Control-Request-Method", "GET")]);
        Assert.Equal(204, refused.Status);
        Assert.False(refused.Headers.ContainsKey("access-control-allow-origin"));
        Assert.Empty(host.Probe.Calls);
        var failed = await host.SendAsync("POST", "/v1/items", "[]", headers: ("Origin", "http://good"));
        Assert.Equal((400, "http://good"), (failed.Status, failed.Headers["access-control-allow-origin"]));
    }

    [Fact]
    public async Task Cors_PolicyOfAnAttribute_IsThatOfItsMethodAlone()
    {
        await using var host = await LibraryHost.StartAsync(cors: true);

        Assert.Equal("http://books", await AllowedOriginAsync("GET", "/v1/shelves/1/books/2", "http://books"));
        Assert.Null(await AllowedOriginAsync("GET", "/v1/shelves/1/books/2", "http://good"));
        Assert.Null(await AllowedOriginAsync("POST", "/v1/items", "http://books"));
        var answer = await host.SendAsync("GET", "/v1/shelves/1/books/2", headers: ("Origin", "http://books"));
        Assert.Equal((200, "http://books"), (answer.Status, answer.Headers["access-control-allow-origin"]));

        async Task<string?> AllowedOriginAsync(string method, string path, string origin)
        {
            var preflight = await host.SendAsync("OPTIONS", path, headers: [("Origin", origin), ("Access-Control-Request-Method", method)]);
            Assert.Equal(204, preflight.Status);
            return preflight.Headers.GetValueOrDefault("access-control-allow-origin");
        }
    }

    [Fact]
    public async Task PathBase_RoutedOnceMoreBehindIt_IsNoPartOfThePath()
    {
        await using var host = await LibraryHost.StartAsync(before: app => app.UsePathBase("/library").UseJsonTranscodingRouting());

        foreach (var path in new[] { "/library/v1/items/a%2Fb?n=1", "/Library/v1/items/a%2fb?n=1", "/v1/items/a%2Fb?n=1" })
        {
            var answer = await host.SendAsync("GET", path);
            Assert.Equal((200, true), (answer.Status, answer.Text.StartsWith("""{"id":"a/b",""", StringComparison.Ordinal)));
        }
        Assert.Equal(401, (await host.SendAsync("GET", "/library/v1/secret")).Status);
        var wrongVerb = await host.SendAsync("DELETE", "/library/v1/items");
        Assert.Equal((405, "GET, POST", "application/json"), (wrongVerb.Status, wrongVerb.Headers["allow"], wrongVerb.Type));
        Assert.Equal((404, "application/json"), await host.SendAsync("GET", "/library/v1/nothing") is var none ? (none.Status, none.Type) : default);
    }

    [Fact]
    public async Task Start_RulesThatClash_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => LibraryHost.StartAsync(before: app => app.MapGrpcService<SecondLibrary>()));

        Assert.Contains(
            "POST /v1/items of grpc.tests.transcoding.Library.CreateItem is hidden by POST /v1/items of grpc.tests.transcoding.Library.CreateItem.",
            refused.Message, StringComparison.Ordinal);
    }

    sealed class SecondLibrary : Library.LibraryBase;

    [Fact]
    public async Task Endpoints_CarryTheRule()
    {
        await using var host = await LibraryHost.StartAsync();
        var rules = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => (endpoint, metadata: endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()))
            .Where(pair => pair.metadata is not null)
            .ToList();

        Assert.Equal(4, rules.Count(pair => pair.metadata!.MethodDescriptor.Name == "GetItem"));
        Assert.Contains(rules, pair => pair.metadata!.HttpRule.Get == "/v1/{name=shelves/*/books/*}" && ((RouteEndpoint)pair.endpoint).RoutePattern.RawText == "/v1/{name=shelves/*/books/*}");
        Assert.NotNull(rules.Single(pair => pair.metadata!.MethodDescriptor.Name == "Secret").endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAuthorizeData>());
    }

    // Holds who goes on later where he says so.
    sealed class HeldContext : SynchronizationContext
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Release { get; } = new();

        public void Run(Action action)
        {
            SetSynchronizationContext(this);
            try
            {
                action();
            }
            finally
            {
                SetSynchronizationContext(null);
            }
        }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Reached.TrySetResult();
            Release.Wait();
            base.Post(d, state);
        }
    }
}
