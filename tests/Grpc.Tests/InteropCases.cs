using Grpc.Tests.Client;

namespace Grpc.Tests;

/// <summary>The cases by which the gRPC project compares its implementations, as far as they need no cloud.</summary>
public static class InteropCases
{
    public static readonly string[] Published =
    [
        "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream", "cancel_after_begin",
        "cancel_after_first_response", "timeout_on_sleeping_server", "status_code_and_message", "special_status_message",
        "unimplemented_method", "unimplemented_service", "custom_metadata", "client_compressed_unary", "server_compressed_unary",
        "client_compressed_streaming", "server_compressed_streaming",
    ];

    public static readonly string[] Languages = ["python", "node"];
}

public sealed class InteropCasesTests
{
    [Fact]
    public void Published_EveryCase_IsATheoryOfOurClient()
    {
        var theories = typeof(ForeignServerTests).GetMethods().Select(method => method.Name.Split('_')[0]).ToHashSet();
        var missing = InteropCases.Published.Where(name => !theories.Contains(string.Concat(name.Split('_').Select(Capitalized)))).ToList();

        Assert.Empty(missing);
    }

    static string Capitalized(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
