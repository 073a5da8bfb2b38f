using Microsoft.Data.Sqlite;
using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>
/// Remembers roots and piece layers of files between runs. A file is known by path and stamp; one that was renamed is known by device,
/// inode, length and modification time, since a rename changes the path and the change time only.
/// </summary>
/// <remarks>Losing it costs time, never correctness: it is not synced, and a damaged one is thrown away.</remarks>
sealed class HashCache : IDisposable
{
    const string Schema = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        CREATE TABLE IF NOT EXISTS hash (
            path TEXT PRIMARY KEY,
            device INTEGER NOT NULL, inode INTEGER NOT NULL, length INTEGER NOT NULL,
            modified INTEGER NOT NULL, changed INTEGER NOT NULL,
            root BLOB NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS hash_by_inode ON hash (inode, device);
        CREATE TABLE IF NOT EXISTS layer (
            root BLOB NOT NULL, length INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (root, length));
        CREATE TABLE IF NOT EXISTS block (
            root BLOB NOT NULL, length INTEGER NOT NULL, part INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (root, length, part));
        """;

    const string Expire = """
        DELETE FROM hash WHERE seen < $day - 30;
        DELETE FROM layer WHERE (root, length) NOT IN (SELECT root, length FROM hash);
        DELETE FROM block WHERE (root, length) NOT IN (SELECT root, length FROM hash);
        """;

    const string FindSql = """
        SELECT root, seen FROM hash
        WHERE path = $path AND device = $device AND inode = $inode AND length = $length AND modified = $modified AND changed = $changed
        UNION ALL
        SELECT root, 0 FROM hash
        WHERE inode = $inode AND $inode <> 0 AND device = $device AND length = $length AND modified = $modified AND path <> $path
        LIMIT 1
        """;

    const string StoreSql = """
        INSERT OR REPLACE INTO hash (path, device, inode, length, modified, changed, root, seen)
        VALUES ($path, $device, $inode, $length, $modified, $changed, $root, $day)
        """;

    const int WritesPerTransaction = 500;

    static readonly string[] FileParameters = ["$path", "$device", "$inode", "$length", "$modified", "$changed"];

    readonly Lock _lock = new();
    readonly SqliteConnection _connection;
    readonly TimeProvider _time;
    readonly LayerTables _layers;
    readonly SqliteCommand _find;
    readonly SqliteCommand _store;
    SqliteTransaction? _transaction;
    int _writes;

    // The schema is there already, so that the commands can be compiled once.
    HashCache(SqliteConnection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        _layers = new LayerTables(Command);
        _find = Prepare(FindSql, FileParameters);
        _store = Prepare(StoreSql, [.. FileParameters, "$root", "$day"]);
    }

    /// <summary>Opens the cache, or makes one.</summary>
    /// <param name="file">Path of its file.</param>
    /// <param name="time">Tells the day: what was not seen for 30 days is forgotten.</param>
    public static HashCache Open(string file, TimeProvider time)
    {
        try
        {
            return OpenIntact(file, time);
        }
        catch (SqliteException damage) when (damage.SqliteErrorCode is 11 or 26)
        {
            // SQLITE_CORRUPT, SQLITE_NOTADB: everything in it can be computed again.
            foreach (var part in (string[])["", "-wal", "-shm"])
            {
                File.Delete(file + part);
            }

            return OpenIntact(file, time);
        }
    }

    /// <summary>What the file was hashed to in this state, if it ever was.</summary>
    public ContentId? Find(string path, FileStamp stamp)
    {
        lock (_lock)
        {
            if (Read(path, stamp) is not { } known)
            {
                return null;
            }

            var (root, seen) = known;
            if (seen != Today)
            {
                Write(path, stamp, root);
            }

            return new ContentId(root, stamp.Length);
        }
    }

    /// <summary>Remembers what a file was hashed to.</summary>
    public void Store(string path, FileHash hash)
    {
        lock (_lock)
        {
            Write(path, hash.Stamp, hash.Content.Root);
            if (hash.PieceLayer.Length > ContentRoot.Size)
            {
                _layers.Store(hash);
            }
        }
    }

    /// <summary>Hashes of blocks from a first one to an end; null if they are not known.</summary>
    public byte[]? FindBlocks(ContentId content, long first, long end)
    {
        lock (_lock)
        {
            return _layers.FindBlocks(content, first, end);
        }
    }

    /// <summary>The piece layer of a content of which a file was stored; null if it is not known.</summary>
    public byte[]? FindLayer(ContentId content)
    {
        var pieces = new PieceGeometry(content.Length).PieceCount;
        if (pieces <= 1)
        {
            return pieces == 0 ? [] : content.Root.ToArray();
        }

        lock (_lock)
        {
            return _layers.FindPieces(content);
        }
    }

    /// <summary>Writes what is remembered to the file.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            _transaction?.Commit();
            _transaction?.Dispose();
            _transaction = null;
            _writes = 0;
        }
    }

    public void Dispose()
    {
        Flush();
        _find.Dispose();
        _store.Dispose();
        _connection.Dispose();
    }

    long Today => _time.GetUtcNow().ToUnixTimeSeconds() / 86400;

    static HashCache OpenIntact(string file, TimeProvider time)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, Schema);
            var cache = new HashCache(connection, time);
            Execute(connection, Expire, ("$day", cache.Today));
            return cache;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    static void Execute(SqliteConnection connection, string sql, params (string Name, object Value)[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }

    (ContentRoot Root, long Seen)? Read(string path, FileStamp stamp)
    {
        Bind(_find, path, stamp);
        using var reader = _find.ExecuteReader();
        return reader.Read() ? (new ContentRoot((byte[])reader.GetValue(0)), reader.GetInt64(1)) : null;
    }

    void Write(string path, FileStamp stamp, ContentRoot root)
    {
        _transaction ??= _connection.BeginTransaction();
        Bind(_store, path, stamp);
        _store.Parameters["$root"].Value = root.ToArray();
        _store.Parameters["$day"].Value = Today;
        _store.ExecuteNonQuery();
        if (++_writes >= WritesPerTransaction)
        {
            Flush();
        }
    }

    void Bind(SqliteCommand command, string path, FileStamp stamp)
    {
        command.Transaction = _transaction;
        object[] values =
            [path, unchecked((long)stamp.Device), unchecked((long)stamp.Inode), stamp.Length, stamp.Modified, stamp.Changed];
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }
    }

    SqliteCommand Prepare(string sql, string[] parameters)
    {
        var command = Command(sql);
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = _transaction;
        return command;
    }
}
