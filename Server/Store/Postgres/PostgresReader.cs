using System.Data;
using Npgsql;

namespace P2P.Server.Store.Postgres;

/// <summary>Reads facts, batches and the log.</summary>
sealed class PostgresReader(NpgsqlDataSource source)
{
    /// <summary>Entries read at a time; each is one commit of up to some megabytes.</summary>
    const int MostEntries = 16;

    /// <summary>Heads before their batches, catalogs before the sessions that share them, all else before.</summary>
    const string Order = "ORDER BY CASE kind WHEN 'HeadSaved' THEN 1 WHEN 'SessionSaved' THEN 3 WHEN 'SessionEnded' THEN 4 ELSE 0 END";

    /// <summary>Everything that is held, at one moment, and that moment's place in the log.</summary>
    public IEnumerable<StoreChange> Load(Action<long> at)
    {
        using var connection = source.OpenConnection();
        using var transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);
        using (var last = new NpgsqlCommand("SELECT coalesce(max(entry), 0) FROM p2p_log", connection))
        {
            at((long)last.ExecuteScalar()!);
        }

        foreach (var fact in Facts(connection, "WHERE kind NOT IN ('SessionSaved', 'SessionEnded')"))
        {
            yield return fact;
        }

        foreach (var batch in Batches(connection))
        {
            yield return batch;
        }

        foreach (var fact in Facts(connection, "WHERE kind IN ('SessionSaved', 'SessionEnded')"))
        {
            yield return fact;
        }
    }

    /// <summary>The entries after one, in order.</summary>
    public async Task<IReadOnlyList<LoggedEntry>> EntriesAsync(long after, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        var entries = new List<(long Entry, Guid Node, long Commit, string Changes)>();
        await using (var read = new NpgsqlCommand(
            $"SELECT entry, node, commit, changes::text FROM p2p_log WHERE entry > $1 ORDER BY entry LIMIT {MostEntries}", connection))
        {
            read.Parameters.Add(new NpgsqlParameter { Value = after });
            await using var rows = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                entries.Add((rows.GetInt64(0), rows.GetGuid(1), rows.GetInt64(2), rows.GetString(3)));
            }
        }

        if (entries.Count == 0)
        {
            return [];
        }

        var batches = await BatchesAsync(connection, entries[0].Entry, entries[^1].Entry, cancellationToken).ConfigureAwait(false);
        return
        [
            .. entries.Select(entry => new LoggedEntry(
                entry.Entry, entry.Node, entry.Commit,
                [.. CommitPlan.ReadLog(entry.Changes, ordinal => batches.GetValueOrDefault((entry.Entry, ordinal)))])),
        ];
    }

    /// <inheritdoc cref="ISharedStore.BatchesAsync"/>
    public async Task<IReadOnlyList<BatchSaved>?> BatchesAsync(string peerId, long generation, long upTo, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            SELECT b.batch FROM p2p_facts f LEFT JOIN p2p_batches b ON b.peer = f.key AND b.generation = $2 AND b.entry <= $3
            WHERE f.kind = 'HeadSaved' AND f.key = $1 AND (f.value->>'Generation')::bigint = $2 ORDER BY b.entry, b.ordinal
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = peerId });
        command.Parameters.Add(new NpgsqlParameter { Value = generation });
        command.Parameters.Add(new NpgsqlParameter { Value = upTo });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<BatchSaved>? batches = null;
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            batches ??= [];
            if (!await rows.IsDBNullAsync(0, cancellationToken).ConfigureAwait(false))
            {
                batches.Add(new BatchSaved(peerId, generation, StoredBatch.Of((byte[])rows[0])));
            }
        }

        return batches;
    }

    static IEnumerable<StoreChange> Facts(NpgsqlConnection connection, string where)
    {
        using var command = new NpgsqlCommand($"SELECT kind, value::text FROM p2p_facts {where} {Order}, key", connection);
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            yield return ChangeText.Read(rows.GetString(0), rows.GetString(1));
        }
    }

    static IEnumerable<StoreChange> Batches(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            """
            SELECT b.peer, b.generation, b.batch FROM p2p_batches b
            JOIN p2p_facts f ON f.kind = 'HeadSaved' AND f.key = b.peer AND (f.value->>'Generation')::bigint = b.generation
            ORDER BY b.peer, b.entry, b.ordinal
            """,
            connection);
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            yield return new BatchSaved(rows.GetString(0), rows.GetInt64(1), StoredBatch.Of((byte[])rows[2]));
        }
    }

    static async Task<Dictionary<(long Entry, int Ordinal), BatchSaved>> BatchesAsync(
        NpgsqlConnection connection, long from, long to, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT entry, ordinal, peer, generation, batch FROM p2p_batches WHERE entry BETWEEN $1 AND $2", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = from });
        command.Parameters.Add(new NpgsqlParameter { Value = to });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var batches = new Dictionary<(long, int), BatchSaved>();
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            batches[(rows.GetInt64(0), rows.GetInt32(1))] =
                new BatchSaved(rows.GetString(2), rows.GetInt64(3), StoredBatch.Of((byte[])rows[4]));
        }

        return batches;
    }
}

/// <summary>An entry of the log, and which directory committed it as its how manieth.</summary>
sealed record LoggedEntry(long Number, Guid Node, long Commit, IReadOnlyList<StoreChange> Changes);
