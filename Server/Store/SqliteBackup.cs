using System.Globalization;
using Microsoft.Data.Sqlite;
using P2P.Content;

namespace P2P.Server.Store;

/// <summary>
/// Copies a store that is in use: SQLite writes what one snapshot shows into a new file, while the writer goes on behind it. The copy gets its
/// name when it is whole and synced.
/// </summary>
sealed class SqliteBackup(string storePath)
{
    const string FolderName = "backups";

    int _running;

    /// <exception cref="BackupFailedException">There is no copy.</exception>
    public async Task<StoreBackup> WriteAsync(DateTimeOffset now)
    {
        if (Interlocked.Exchange(ref _running, 1) == 1)
        {
            throw new BackupFailedException("Another backup is being written.");
        }

        try
        {
            return await Task.Run(() => Write(now)).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    StoreBackup Write(DateTimeOffset now)
    {
        var folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(storePath))!, FolderName);
        var name = string.Create(CultureInfo.InvariantCulture, $"directory-{now.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}.db");
        var (path, part) = (Path.Combine(folder, name), Path.Combine(folder, name + ".part"));
        try
        {
            Directory.CreateDirectory(folder);
            DeleteIfThere(part);
            Copy(part);
            var size = Sync(part);
            if (!Disk.TryMoveNew(part, path))
            {
                throw new BackupFailedException($"A backup of the name {name} exists.");
            }

            Disk.FlushFolder(folder);
            return new StoreBackup(name, size);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new BackupFailedException($"The backup could not be written: {failure.Message}", failure);
        }
        finally
        {
            DeleteIfThere(part);
        }
    }

    /// <summary>A part that cannot be deleted is in the way of no other backup: each has a name of its own.</summary>
    static void DeleteIfThere(string part)
    {
        if (File.Exists(part))
        {
            File.Delete(part);
        }
    }

    void Copy(string part)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = storePath, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO @file";
        command.Parameters.AddWithValue("@file", part);
        command.CommandTimeout = 0;
        command.ExecuteNonQuery();
    }

    static long Sync(string part)
    {
        using var file = File.OpenHandle(part, FileMode.Open, FileAccess.ReadWrite);
        Disk.Flush(file);
        return RandomAccess.GetLength(file);
    }
}
