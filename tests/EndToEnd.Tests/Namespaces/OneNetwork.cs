using P2P.EndToEnd.Tests.Harness;

namespace P2P.EndToEnd.Tests.Namespaces;

/// <summary>A host in a namespace of this machine's kernel, with nothing but its loopback, and made only where the variable asks for it.</summary>
sealed class OneNetwork : IAsyncDisposable
{
    OneNetwork()
    {
    }

    public string Host { get; } = $"p2p{Environment.ProcessId}one";

    public static async Task<OneNetwork> CreateAsync()
    {
        ThreeNetworks.SkipUnlessAskedFor();
        var network = new OneNetwork();
        await Shell.RunAsync("ip", TestContext.Current.CancellationToken, "netns", "add", network.Host);
        await network.RunAsync("link", "set", "lo", "up");
        return network;
    }

    /// <summary>Runs <c>ip</c> in it.</summary>
    public Task<string> RunAsync(params string[] arguments) => Shell.RunAsync("ip", TestContext.Current.CancellationToken, ["-n", Host, .. arguments]);

    public async ValueTask DisposeAsync() => await Shell.TryAsync("ip", CancellationToken.None, "netns", "delete", Host);
}
