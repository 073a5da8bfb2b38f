using Microsoft.Extensions.Logging.Abstractions;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Store;

// StoreProbe FOLDER WRITERS COMMITS [nosync]: several writers commit to a store and say which of it was acknowledged, a line each, so that
// whoever kills, traces or fails this process knows what the store has promised.
var (folder, writers, commits) = (args[0], int.Parse(args[1], null), int.Parse(args[2], null));
await using var store = SqliteStore.Open(Path.Combine(folder, "directory.db"), NullLogger<SqliteStore>.Instance, args is not [.., "nosync"]);
Console.WriteLine("opened");
await Task.WhenAll(Enumerable.Range(0, writers).Select(WriteAsync));
Console.WriteLine("done");

async Task WriteAsync(int writer)
{
    await Task.Yield();
    for (var i = 1; i <= commits; i++)
    {
        // Three rows that belong together: their numbers must never differ.
        var batch = new PublishRequest { Sequence = i, Upserts = { new FileEntry { Path = $"{writer}/{i}", Size = i } } };
        StoreChange[] changes =
        [
            new HeadSaved($"peer{writer}", 1, "catalog", i, DateTimeOffset.UnixEpoch),
            new BatchSaved($"peer{writer}", 1, batch),
            new SettingSaved($"peer{writer}", BitConverter.GetBytes(i)),
        ];
        try
        {
            await store.CommitAsync(changes);
        }
        catch (Exception failure) when (failure is OutcomeUnknownException or StoreReadOnlyException)
        {
            Console.WriteLine($"{failure.GetType().Name} {writer} {i}");
            continue;
        }

        Console.WriteLine($"ok {writer} {i}");
    }
}
