using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Store;

/// <summary>Rows to changes: what a start reads. Staged batches that no head adopted are left out.</summary>
static class SqliteRows
{
    public static IEnumerable<StoreChange> Load(SqliteConnection connection) =>
        Read<StoreChange>(connection, "SELECT name, value FROM settings", row => new SettingSaved(row.GetString(0), (byte[])row[1]))
        .Concat(Read(connection, "SELECT user, hash, role, groups, disabled, created, keys FROM accounts", Account))
        .Concat(Read(connection, "SELECT code, user, role, groups, expires FROM invitations", Invitation))
        .Concat(Read(
            connection,
            "SELECT target, root, reason, operator, time FROM blocks",
            row => new BlockSaved(row.GetString(0), row.GetBoolean(1), row.GetString(2), row.GetString(3), Time(row, 4))))
        .Concat(Read(
            connection,
            "SELECT id, time, operator, action, target, reason FROM audit ORDER BY id",
            row => new AuditSaved(row.GetString(0), Time(row, 1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5))))
        .Concat(Catalogs(connection))
        .Concat(Read(connection, "SELECT token, user, lease, peer, key FROM sessions", Session))
        .Concat(Read(
            connection,
            "SELECT token, reason, time FROM ended",
            row => new SessionEnded(row.GetString(0), (ErrorReason)row.GetInt32(1), Time(row, 2))));

    /// <summary>Peer by peer, so that a reader has a whole catalog before the next one begins.</summary>
    static IEnumerable<StoreChange> Catalogs(SqliteConnection connection)
    {
        var heads = Read(connection, "SELECT peer, generation, catalog, sequence, time FROM heads ORDER BY peer", Head).ToList();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT batch FROM batches WHERE peer = @peer AND generation = @generation ORDER BY id";
        var peer = command.Parameters.Add("@peer", SqliteType.Text);
        var generation = command.Parameters.Add("@generation", SqliteType.Integer);
        foreach (var head in heads)
        {
            yield return head;
            (peer.Value, generation.Value) = (head.PeerId, head.Generation);
            using var rows = command.ExecuteReader();
            while (rows.Read())
            {
                yield return new BatchSaved(head.PeerId, head.Generation, StoredBatch.Of((byte[])rows[0]));
            }
        }
    }

    static AccountSaved Account(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), (Role)row.GetInt32(2), List(row, 3), row.GetBoolean(4), Time(row, 5), List(row, 6));

    static InvitationSaved Invitation(SqliteDataReader row) =>
        new(row.GetString(0), row.GetString(1), (Role)row.GetInt32(2), List(row, 3), Time(row, 4));

    static HeadSaved Head(SqliteDataReader row) =>
        new(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetInt64(3), Time(row, 4));

    static SessionSaved Session(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetInt32(2), row.IsDBNull(3) ? null : PeerInfo.Parser.ParseFrom((byte[])row[3]),
        row.IsDBNull(4) ? null : row.GetString(4));

    static DateTimeOffset Time(SqliteDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    static ImmutableArray<string> List(SqliteDataReader row, int column) =>
        [.. row.GetString(column).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    static IEnumerable<T> Read<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> read)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            yield return read(rows);
        }
    }
}
