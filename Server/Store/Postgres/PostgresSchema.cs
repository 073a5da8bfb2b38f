using Npgsql;

namespace P2P.Server.Store.Postgres;

/// <summary>The tables, and how each version becomes the next; several directories may start at once.</summary>
static class PostgresSchema
{
    /// <summary>One entry a version; an entry is never changed once released.</summary>
    static readonly string[] Migrations =
    [
        """
        CREATE TABLE p2p_facts (kind text NOT NULL, key text NOT NULL, value jsonb NOT NULL, PRIMARY KEY (kind, key));
        CREATE TABLE p2p_batches (peer text NOT NULL, generation bigint NOT NULL, entry bigint NOT NULL, ordinal integer NOT NULL,
            batch bytea NOT NULL, PRIMARY KEY (peer, generation, entry, ordinal));
        CREATE INDEX p2p_batches_of_entry ON p2p_batches (entry);
        CREATE TABLE p2p_log (entry bigint PRIMARY KEY, node uuid NOT NULL, commit bigint NOT NULL, written timestamptz NOT NULL DEFAULT now(),
            changes jsonb NOT NULL, UNIQUE (node, commit));
        """,
    ];

    public static int Version => Migrations.Length;

    /// <summary>Brings the database to the newest version; refuses one that a newer program wrote.</summary>
    /// <exception cref="StoreUnusableException">A newer program's.</exception>
    public static async Task MigrateAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        await RunAsync(connection, $"SELECT pg_advisory_xact_lock({PostgresKeys.Migration})").ConfigureAwait(false);
        await RunAsync(connection, "CREATE TABLE IF NOT EXISTS p2p_schema (version integer NOT NULL)").ConfigureAwait(false);
        await using var read = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM p2p_schema", connection);
        var version = (int)(await read.ExecuteScalarAsync().ConfigureAwait(false))!;
        if (version > Version)
        {
            throw new StoreUnusableException(
                $"The database has version {version}, this program knows versions up to {Version}. Start the newer program, or name another database.");
        }

        for (; version < Version; version++)
        {
            await RunAsync(connection, $"{Migrations[version]}; INSERT INTO p2p_schema VALUES ({version + 1})").ConfigureAwait(false);
        }

        await transaction.CommitAsync().ConfigureAwait(false);
    }

    static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
