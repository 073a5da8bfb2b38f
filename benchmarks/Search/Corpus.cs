using System.Globalization;

namespace P2P.Benchmarks.Search;

/// <summary>Paths, and how they are given to peers.</summary>
static class Corpus
{
    /// <summary>The first paths of a file of one path a line, which is in the order that peers would publish.</summary>
    public static string[] Read(string file, int most) => [.. File.ReadLines(file).Where(line => line.Length > 0).Take(most)];

    /// <summary>Each peer shares a run of paths that lie side by side.</summary>
    public static IEnumerable<(string PeerId, string[] Paths)> Split(string[] paths, int peers) =>
        paths.Chunk((paths.Length + peers - 1) / peers).Select((part, at) => (at.ToString("peer0000", CultureInfo.InvariantCulture), part));

    public static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];
}
