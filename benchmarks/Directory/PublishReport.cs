using System.Diagnostics;
using Microsoft.Data.Sqlite;
using P2P.Contracts.DirectoryV1;

namespace P2P.DirectoryBench;

/// <summary>How fast files are published durably, beside plain rows in SQLite; and what sharing a sync gives.</summary>
static class PublishReport
{
    const int FilesPerBatch = 1000;

    public static async Task ManyFilesAsync(RunningDirectory directory, string folder, int peers, int batches)
    {
        var tokens = await Task.WhenAll(Enumerable.Range(0, peers).Select(peer => directory.LoginAsync(10_000 + peer)));
        var (cpu, memory, started) = (directory.Cpu, directory.MemoryMiB, Stopwatch.GetTimestamp());
        await Task.WhenAll(tokens.Select((token, peer) => PublishAsync(directory, token, peer, batches, FilesPerBatch)));
        var (seconds, used) = (Stopwatch.GetElapsedTime(started).TotalSeconds, directory.Cpu - cpu);
        double files = peers * batches * FilesPerBatch;
        Console.WriteLine($"publish        {files:N0} files by {peers} peers: {files / seconds:N0} files/s, {files / used:N0} files per CPU second of the directory");
        Console.WriteLine($"memory         {(directory.MemoryMiB - memory) * 1048576 / files:N0} bytes a file (working set, garbage included)");
        var rows = Rows(folder, (int)Math.Min(files, 200_000));
        Console.WriteLine($"plain rows     {rows:N0} rows per CPU second, SQLite alone, {FilesPerBatch} a synced transaction; the directory: {files / used / rows:N2} x");
    }

    public static async Task SmallBatchesAsync(RunningDirectory directory)
    {
        var alone = await SmallAsync(directory, 20_000, publishers: 1, each: 200);
        var together = await SmallAsync(directory, 21_000, publishers: 64, each: 50);
        Console.WriteLine($"one-file calls {alone:N0} acknowledged/s by one publisher, {together:N0} by 64: {together / alone:N1} x by sharing syncs");
    }

    static async Task<double> SmallAsync(RunningDirectory directory, int port, int publishers, int each)
    {
        var tokens = await Task.WhenAll(Enumerable.Range(0, publishers).Select(peer => directory.LoginAsync(port + peer)));
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(tokens.Select(async (token, peer) =>
        {
            for (var i = 0; i < each; i++)
            {
                using var call = directory.Client.Publish(RunningDirectory.With(token));
                await call.RequestStream.WriteAsync(Names.Batch(port + peer, i, 1));
                await call.RequestStream.CompleteAsync();
                await call;
            }
        }));
        return publishers * each / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public static async Task PublishAsync(RunningDirectory directory, string token, int peer, int batches, int size)
    {
        using var call = directory.Connect().Publish(RunningDirectory.With(token));
        for (var i = 0; i < batches; i++)
        {
            await call.RequestStream.WriteAsync(Names.Batch(peer, i, size));
        }

        await call.RequestStream.CompleteAsync();
        await call;
    }

    /// <summary>What the same files cost as rows of a table with an index on the path.</summary>
    static double Rows(string folder, int count)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "rows.db")};Pooling=False");
        connection.Open();
        Run(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE files (peer INTEGER, path TEXT, size INTEGER, root BLOB, PRIMARY KEY (peer, path)) WITHOUT ROWID");
        var batches = Enumerable.Range(0, count / FilesPerBatch).Select(i => Names.Batch(0, i, FilesPerBatch)).ToList();
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        foreach (var batch in batches)
        {
            using var transaction = connection.BeginTransaction();
            using var insert = connection.CreateCommand();
            insert.Transaction = transaction;
            insert.CommandText = "INSERT INTO files VALUES (0, @path, @size, @root)";
            var (path, size, root) = (insert.Parameters.Add("@path", SqliteType.Text), insert.Parameters.Add("@size", SqliteType.Integer), insert.Parameters.Add("@root", SqliteType.Blob));
            foreach (FileEntry file in batch.Upserts)
            {
                (path.Value, size.Value, root.Value) = (file.Path, file.Size, Convert.FromHexString(file.Root));
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return count / (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
    }

    static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
