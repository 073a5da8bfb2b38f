using Microsoft.Data.Sqlite;

namespace P2P.Server.Store;

/// <summary>The tables, and how each version becomes the next.</summary>
static class SqliteSchema
{
    /// <summary>One entry a version; an entry is never changed once released.</summary>
    static readonly string[] Migrations =
    [
        """
        CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE accounts (user TEXT PRIMARY KEY, hash TEXT NOT NULL, role INTEGER NOT NULL, groups TEXT NOT NULL,
            disabled INTEGER NOT NULL, created INTEGER NOT NULL, keys TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE invitations (code TEXT PRIMARY KEY, user TEXT NOT NULL, role INTEGER NOT NULL, groups TEXT NOT NULL,
            expires INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE sessions (token TEXT PRIMARY KEY, user TEXT NOT NULL, lease INTEGER NOT NULL, peer BLOB) WITHOUT ROWID;
        CREATE TABLE ended (token TEXT PRIMARY KEY, reason INTEGER NOT NULL, time INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE heads (peer TEXT PRIMARY KEY, generation INTEGER NOT NULL, catalog TEXT NOT NULL, sequence INTEGER NOT NULL,
            time INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE batches (id INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT NOT NULL, generation INTEGER NOT NULL, batch BLOB NOT NULL);
        CREATE INDEX batches_of_peer ON batches (peer, generation);
        """,
        // Batches written from here on are records (BatchRecord), which a program of version 1 cannot read; those of before stay as they are.
        "",
        "ALTER TABLE sessions ADD COLUMN key TEXT",
        """
        CREATE TABLE blocks (target TEXT NOT NULL, root INTEGER NOT NULL, reason TEXT NOT NULL, operator TEXT NOT NULL, time INTEGER NOT NULL,
            PRIMARY KEY (target, root)) WITHOUT ROWID;
        CREATE TABLE audit (id TEXT PRIMARY KEY, time INTEGER NOT NULL, operator TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
            reason TEXT NOT NULL) WITHOUT ROWID;
        """,
    ];

    public static int Version => Migrations.Length;

    /// <summary>What made the version of the one before it.</summary>
    internal static string MigrationTo(int version) => Migrations[version - 1];

    /// <summary>Brings a store to the newest version, one transaction a step; refuses one that a newer program wrote.</summary>
    public static void Migrate(SqliteConnection connection)
    {
        var version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"), System.Globalization.CultureInfo.InvariantCulture);
        if (version > Version)
        {
            throw new StoreUnusableException(
                $"The store has version {version}, this program knows versions up to {Version}. Start the newer program, or another data folder.");
        }

        for (; version < Version; version++)
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, $"{Migrations[version]}; PRAGMA user_version = {version + 1}", transaction);
            transaction.Commit();
        }
    }

    public static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    public static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
