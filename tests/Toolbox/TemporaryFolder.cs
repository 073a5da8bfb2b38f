namespace P2P.Toolbox;

/// <summary>A folder of one test, removed with all it holds.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("p2p-test-").FullName;

    public string Path { get; }

    /// <summary>The path of an entry, which need not exist.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
