namespace P2P.EndToEnd.Tests.Harness;

/// <summary>Peers that share the same file, and what all of them send together.</summary>
public sealed class Swarm : IAsyncDisposable
{
    readonly List<ProxiedSource> _sources = [];

    public Traffic Traffic { get; } = new();

    public string Root => _sources[0].Root;

    public async Task AddAsync(RunningDirectory directory, string file, CancellationToken stop) =>
        _sources.Add(await ProxiedSource.StartAsync(directory, file, $"source{_sources.Count}", stop, Traffic));

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources)
        {
            await source.DisposeAsync();
        }
    }
}
