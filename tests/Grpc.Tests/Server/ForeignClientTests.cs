namespace Grpc.Tests.Server;

/// <summary>The interop cases of the gRPC project: grpcio (C core) and grpc-js against our server.</summary>
public sealed class ForeignClientTests(ForeignClients clients) : IClassFixture<ForeignClients>
{
    public static TheoryData<string, string> Cases { get; } = new(
        InteropCases.Languages.SelectMany(language => InteropCases.Published.Select(name => (language, name))));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Client_PublishedCase_Passes(string language, string name)
    {
        var run = await clients.RunAsync(language);

        Assert.Equal($"ok {name}", run.Results.GetValueOrDefault(name));
    }

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    public async Task Client_AllCases_CompressedBothWaysAndLoggedNoError(string language)
    {
        var run = await clients.RunAsync(language);

        Assert.Superset(
            new HashSet<string> { "request ", "request gzip", "request deflate", "response ", "response gzip" }, run.Encodings.ToHashSet());
        Assert.Empty(run.ErrorLogs);
    }
}
