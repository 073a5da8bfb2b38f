using Microsoft.Extensions.Logging.Abstractions;
using P2P.Content;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>The directory's folder: nobody else's to read, and one directory's at a time.</summary>
sealed class DataFolder : IDisposable
{
    readonly FileStream _lock;

    DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    public static string Default => System.IO.Path.Combine(XdgPaths.For("p2p").Data, "directory");

    /// <exception cref="StartRefusedException">Another directory has the folder, or it cannot be made.</exception>
    public static DataFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            return new DataFolder(path, Lock(System.IO.Path.Combine(path, "lock")));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                ExitCodes.Store, $"The data folder {path} is in use by another directory, or cannot be written. Choose one with --data. ({exception.Message})");
        }
    }

    /// <exception cref="StartRefusedException">The store cannot be opened.</exception>
    public SqliteStore OpenStore(ILogger<SqliteStore>? log = null, bool synchronous = true)
    {
        try
        {
            return SqliteStore.Open(System.IO.Path.Combine(Path, "directory.db"), log ?? NullLogger<SqliteStore>.Instance, synchronous);
        }
        catch (StoreUnusableException exception)
        {
            throw new StartRefusedException(ExitCodes.Store, exception.Message);
        }
    }

    public void Dispose() => _lock.Dispose();

    static FileStream Lock(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
}
