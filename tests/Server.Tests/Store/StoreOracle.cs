using Microsoft.Extensions.Logging.Abstractions;
using P2P.Server.Store;

namespace P2P.Server.Tests.Store;

/// <summary>What the lines of a StoreProbe promise, and whether a store keeps it.</summary>
static class StoreOracle
{
    public static string Probe => Path.Combine(AppContext.BaseDirectory, "StoreProbe.dll");

    /// <summary>The last commit of each writer that a list of lines acknowledges.</summary>
    public static Dictionary<int, int> Acknowledged(IEnumerable<string> lines) => lines
        .Select(line => line.Split(' '))
        .Where(words => words is ["ok", _, _])
        .GroupBy(words => int.Parse(words[1], null), words => int.Parse(words[2], null))
        .ToDictionary(group => group.Key, group => group.Max());

    /// <summary>Null if the store has all that was acknowledged, and no half of anything; else what it lacks.</summary>
    public static async Task<string?> FaultAsync(string folder, IReadOnlyDictionary<int, int> acknowledged)
    {
        List<StoreChange> loaded;
        try
        {
            await using var store = SqliteStore.Open(Path.Combine(folder, "directory.db"), NullLogger<SqliteStore>.Instance);
            loaded = [.. store.Load()];
        }
        catch (StoreUnusableException failure)
        {
            return $"cannot be read: {failure.Message} {failure.InnerException?.Message}";
        }

        var heads = loaded.OfType<HeadSaved>().ToDictionary(head => head.PeerId, head => (int)head.Sequence);
        var settings = loaded.OfType<SettingSaved>().ToDictionary(setting => setting.Name, setting => BitConverter.ToInt32(setting.Value));
        var batches = loaded.OfType<BatchSaved>().GroupBy(batch => batch.PeerId).ToDictionary(group => group.Key, group => group.ToList());
        foreach (var (peer, sequence) in heads)
        {
            var numbers = batches[peer].Select(batch => (int)batch.Batch.Sequence);
            if (settings.GetValueOrDefault(peer) != sequence || !numbers.SequenceEqual(Enumerable.Range(1, sequence)))
            {
                return $"{peer} has half of commit {sequence}";
            }
        }

        var lost = acknowledged.Where(writer => heads.GetValueOrDefault($"peer{writer.Key}") < writer.Value).ToList();
        return lost.Count == 0 && settings.Count == heads.Count && batches.Count == heads.Count ? null
            : $"lost {string.Join(", ", lost.Select(writer => $"{writer.Key}/{writer.Value}"))}";
    }
}
