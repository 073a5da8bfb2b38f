using System.Collections.Immutable;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace P2P.Server.Store;

/// <summary>Changes to rows, by prepared statements of one connection.</summary>
sealed class SqliteStatements(SqliteConnection connection) : IDisposable
{
    readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public void Write(StoreChange change, SqliteTransaction transaction)
    {
        foreach (var (sql, values) in Rows(change))
        {
            Run(sql, values, transaction);
        }
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }
    }

    static IEnumerable<(string Sql, object[] Values)> Rows(StoreChange change) => change switch
    {
        SettingSaved setting => [("INSERT OR REPLACE INTO settings VALUES (@0, @1)", [setting.Name, setting.Value])],
        AccountSaved account =>
        [
            ("INSERT OR REPLACE INTO accounts VALUES (@0, @1, @2, @3, @4, @5, @6)",
            [
                account.User, account.PasswordHash, (int)account.Role, List(account.Groups), account.Disabled,
                Time(account.Created), List(account.Keys),
            ]),
        ],
        InvitationSaved code =>
        [
            ("INSERT OR REPLACE INTO invitations VALUES (@0, @1, @2, @3, @4)",
            [code.CodeHash, code.User, (int)code.Role, List(code.Groups), Time(code.Expires)]),
        ],
        InvitationSpent code => [("DELETE FROM invitations WHERE code = @0", [code.CodeHash])],
        BlockSaved block =>
        [
            ("INSERT OR REPLACE INTO blocks VALUES (@0, @1, @2, @3, @4)",
            [block.Target, block.IsRoot, block.Reason, block.Operator, Time(block.Time)]),
        ],
        BlockLifted block => [("DELETE FROM blocks WHERE target = @0 AND root = @1", [block.Target, block.IsRoot])],
        AuditSaved act =>
        [
            ("INSERT OR REPLACE INTO audit VALUES (@0, @1, @2, @3, @4, @5)",
            [act.Id, Time(act.Time), act.Operator, act.Action, act.Target, act.Reason]),
        ],
        AuditForgotten act => [("DELETE FROM audit WHERE id = @0", [act.Id])],
        SessionSaved session =>
        [
            ("INSERT OR REPLACE INTO sessions (token, user, lease, peer, key) VALUES (@0, @1, @2, @3, @4)",
            [
                session.TokenHash, session.User, session.LeaseSeconds, (object?)session.Peer?.ToByteArray() ?? DBNull.Value,
                (object?)session.KeyPrint ?? DBNull.Value,
            ]),
        ],
        SessionEnded session =>
        [
            ("DELETE FROM sessions WHERE token = @0", [session.TokenHash]),
            ("INSERT OR REPLACE INTO ended VALUES (@0, @1, @2)", [session.TokenHash, (int)session.Reason, Time(session.Time)]),
        ],
        SessionForgotten session =>
        [
            ("DELETE FROM sessions WHERE token = @0", [session.TokenHash]),
            ("DELETE FROM ended WHERE token = @0", [session.TokenHash]),
        ],
        BatchSaved batch =>
        [
            ("INSERT INTO batches (peer, generation, batch) VALUES (@0, @1, @2)",
            [batch.PeerId, batch.Generation, batch.Stored.Record]),
        ],
        HeadSaved head =>
        [
            ("INSERT OR REPLACE INTO heads VALUES (@0, @1, @2, @3, @4)",
            [head.PeerId, head.Generation, head.CatalogId, head.Sequence, Time(head.Time)]),
            ("DELETE FROM batches WHERE peer = @0 AND generation < @1", [head.PeerId, head.Generation]),
        ],
        StagedDropped staged => [("DELETE FROM batches WHERE peer = @0 AND generation = @1", [staged.PeerId, staged.Generation])],
        CatalogDropped catalog =>
        [
            ("DELETE FROM heads WHERE peer = @0", [catalog.PeerId]),
            ("DELETE FROM batches WHERE peer = @0", [catalog.PeerId]),
        ],
        _ => throw new InvalidOperationException($"No statement for {change.GetType().Name}."),
    };

    static string List(ImmutableArray<string> values) => string.Join('\n', values);

    static long Time(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    void Run(string sql, object[] values, SqliteTransaction transaction)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"@{i}" });
            }

            _commands[sql] = command;
        }

        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        command.ExecuteNonQuery();
    }
}
