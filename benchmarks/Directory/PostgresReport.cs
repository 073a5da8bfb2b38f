using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using P2P.Contracts.DirectoryV1;

namespace P2P.DirectoryBench;

/// <summary>Publishing through a directory over PostgreSQL, beside the same files as rows of a table by binary COPY and by INSERT, on the same server.</summary>
static class PostgresReport
{
    const int FilesPerBatch = 1000;

    /// <param name="store">A connection string; the database is emptied.</param>
    public static async Task RunAsync(string folder, string store, int peers, int batches)
    {
        await using var source = NpgsqlDataSource.Create(store);
        await RunAsync(source, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        double files = peers * batches * FilesPerBatch;
        using (var directory = RunningDirectory.Start(folder, ("Directory__Store", store)))
        {
            var tokens = await Task.WhenAll(Enumerable.Range(0, peers).Select(peer => directory.LoginAsync(10_000 + peer)));
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(tokens.Select((token, peer) => PublishReport.PublishAsync(directory, token, peer, batches, FilesPerBatch)));
            Print("directory", files, started);
        }

        const string table = "CREATE TABLE files (peer int, path text, size bigint, root bytea, PRIMARY KEY (peer, path))";
        await RunAsync(source, $"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {table}");
        var copying = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, peers).Select(peer => CopyAsync(source, peer, batches)));
        Print("COPY", files, copying);
        await RunAsync(source, $"DROP TABLE files; {table}");
        var inserting = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, peers).Select(peer => InsertAsync(source, peer, batches)));
        Print("INSERT", files, inserting);
    }

    static void Print(string way, double files, long started) =>
        Console.WriteLine($"postgres       {way}: {files / Stopwatch.GetElapsedTime(started).TotalSeconds:N0} files/s, {FilesPerBatch} a synced batch");

    static async Task CopyAsync(NpgsqlDataSource source, int peer, int batches)
    {
        await using var connection = await source.OpenConnectionAsync();
        for (var i = 0; i < batches; i++)
        {
            await using var copy = await connection.BeginBinaryImportAsync("COPY files FROM STDIN (FORMAT binary)");
            foreach (FileEntry file in Names.Batch(peer, i, FilesPerBatch).Upserts)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(peer, NpgsqlDbType.Integer);
                await copy.WriteAsync(file.Path, NpgsqlDbType.Text);
                await copy.WriteAsync(file.Size, NpgsqlDbType.Bigint);
                await copy.WriteAsync(Convert.FromHexString(file.Root), NpgsqlDbType.Bytea);
            }

            await copy.CompleteAsync();
        }
    }

    static async Task InsertAsync(NpgsqlDataSource source, int peer, int batches)
    {
        await using var connection = await source.OpenConnectionAsync();
        for (var i = 0; i < batches; i++)
        {
            var files = Names.Batch(peer, i, FilesPerBatch).Upserts;
            await using var insert = new NpgsqlCommand("INSERT INTO files SELECT $1, unnest($2), unnest($3), unnest($4)", connection)
            {
                Parameters =
                {
                    new() { Value = peer },
                    new() { Value = files.Select(file => file.Path).ToArray() },
                    new() { Value = files.Select(file => file.Size).ToArray() },
                    new() { Value = files.Select(file => Convert.FromHexString(file.Root)).ToArray() },
                },
            };
            await insert.ExecuteNonQueryAsync();
        }
    }

    static async Task RunAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
