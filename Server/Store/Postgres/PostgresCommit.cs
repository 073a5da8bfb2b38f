using Npgsql;
using NpgsqlTypes;

namespace P2P.Server.Store.Postgres;

/// <summary>The statements of one commit.</summary>
static class PostgresCommit
{
    /// <summary>Takes the log's lock, and gives the entry its number; null if the directory's own number is no longer its own.</summary>
    public static async Task<long?> BeginAsync(NpgsqlConnection connection, int node)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"SELECT pg_advisory_xact_lock({PostgresKeys.Log})"),
                // Who can take it proves that the connection which holds all our locks has lost them.
                new NpgsqlBatchCommand("SELECT pg_try_advisory_xact_lock($1)") { Parameters = { new() { Value = PostgresKeys.Node(node) } } },
                new NpgsqlBatchCommand("SELECT coalesce(max(entry), 0) + 1 FROM p2p_log"),
            },
        };
        await using var rows = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        await rows.NextResultAsync().ConfigureAwait(false);
        await rows.ReadAsync().ConfigureAwait(false);
        var isLost = rows.GetBoolean(0);
        await rows.NextResultAsync().ConfigureAwait(false);
        await rows.ReadAsync().ConfigureAwait(false);
        return isLost ? null : rows.GetInt64(0);
    }

    /// <summary>Facts, batches and the entry.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, CommitPlan plan, long entry, Guid node, long commit)
    {
        await using (var batch = new NpgsqlBatch(connection))
        {
            foreach (var cut in plan.Cuts)
            {
                batch.BatchCommands.Add(Command(
                    "DELETE FROM p2p_batches WHERE peer = $1 AND generation >= $2 AND generation < $3", cut.PeerId, cut.From, cut.Below));
            }

            AddFacts(batch, plan);
            batch.BatchCommands.Add(Command(
                "INSERT INTO p2p_log (entry, node, commit, changes) VALUES ($1, $2, $3, $4::jsonb)", entry, node, commit, plan.Log));
            batch.BatchCommands.Add(Command("SELECT pg_notify($1, '')", PostgresKeys.Channel));
            await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        if (plan.Batches.Count > 0)
        {
            await CopyAsync(connection, plan, entry).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a commit whose connection broke is in the log. It waits until the server has ended it, one way or the other.</summary>
    public static async Task<bool> WasCommittedAsync(NpgsqlDataSource source, Guid node, long commit)
    {
        await using var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"SELECT pg_advisory_xact_lock({PostgresKeys.Log})"),
                Command("SELECT EXISTS (SELECT 1 FROM p2p_log WHERE node = $1 AND commit = $2)", node, commit),
            },
        };
        await using var rows = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        await rows.NextResultAsync().ConfigureAwait(false);
        await rows.ReadAsync().ConfigureAwait(false);
        return rows.GetBoolean(0);
    }

    /// <summary>Lets go of entries that every directory has long read. The last stays: it holds the count.</summary>
    public static async Task TrimAsync(NpgsqlDataSource source, TimeSpan kept)
    {
        await using var command = source.CreateCommand(
            "DELETE FROM p2p_log WHERE written < now() - $1 AND entry < (SELECT max(entry) FROM p2p_log)");
        command.Parameters.Add(new NpgsqlParameter { Value = kept });
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    static void AddFacts(NpgsqlBatch batch, CommitPlan plan)
    {
        var saved = plan.Facts.Where(fact => fact.Value is not null).ToList();
        if (saved.Count > 0)
        {
            batch.BatchCommands.Add(Command(
                """
                INSERT INTO p2p_facts SELECT kind, key, value::jsonb FROM unnest($1, $2, $3) AS new (kind, key, value)
                ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value
                """,
                saved.Select(fact => fact.Key.Kind).ToArray(), saved.Select(fact => fact.Key.Key).ToArray(), saved.Select(fact => fact.Value!).ToArray()));
        }

        var gone = plan.Facts.Where(fact => fact.Value is null).Select(fact => fact.Key).ToList();
        if (gone.Count > 0)
        {
            batch.BatchCommands.Add(Command(
                "DELETE FROM p2p_facts USING unnest($1, $2) AS gone (kind, key) WHERE p2p_facts.kind = gone.kind AND p2p_facts.key = gone.key",
                gone.Select(key => key.Kind).ToArray(), gone.Select(key => key.Key).ToArray()));
        }
    }

    static async Task CopyAsync(NpgsqlConnection connection, CommitPlan plan, long entry)
    {
        await using var copy = await connection
            .BeginBinaryImportAsync("COPY p2p_batches (peer, generation, entry, ordinal, batch) FROM STDIN (FORMAT BINARY)").ConfigureAwait(false);
        foreach (var (ordinal, batch) in plan.Batches)
        {
            await copy.StartRowAsync().ConfigureAwait(false);
            await copy.WriteAsync(batch.PeerId, NpgsqlDbType.Text).ConfigureAwait(false);
            await copy.WriteAsync(batch.Generation, NpgsqlDbType.Bigint).ConfigureAwait(false);
            await copy.WriteAsync(entry, NpgsqlDbType.Bigint).ConfigureAwait(false);
            await copy.WriteAsync(ordinal, NpgsqlDbType.Integer).ConfigureAwait(false);
            await copy.WriteAsync(batch.Stored.Record, NpgsqlDbType.Bytea).ConfigureAwait(false);
        }

        await copy.CompleteAsync().ConfigureAwait(false);
    }

    static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
