namespace P2P.Server.Store;

/// <summary>
/// What outlives the process. The directory decides and answers from memory; a change is made durable here first, and only then seen
/// and acknowledged.
/// </summary>
interface IDirectoryStore : IAsyncDisposable
{
    /// <summary>The engine's name, for Stats.</summary>
    string Engine { get; }

    /// <summary>Reads go on, commits are refused: after a failed write until a restart, or while a shared store does not answer.</summary>
    bool IsReadOnly { get; }

    /// <summary>All that is held, in the order in which it was written: what to fold into memory at start, before the first commit.</summary>
    /// <remarks>Heads before their batches, the batches of one peer together, sessions behind all catalogs.</remarks>
    /// <exception cref="StoreUnusableException">It cannot be read; thrown where the reading comes to it.</exception>
    IEnumerable<StoreChange> Load();

    /// <summary>
    /// Makes the changes durable, all or none; on return they are on the disk.
    /// </summary>
    /// <exception cref="OutcomeUnknownException">The write failed in a way that leaves its outcome open.</exception>
    /// <exception cref="StoreReadOnlyException">An earlier write failed; nothing was tried.</exception>
    Task CommitAsync(IReadOnlyList<StoreChange> changes);
}

/// <summary>A change that was not acknowledged.</summary>
abstract class StoreWriteException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A store that copies itself; others have programs of their own for that.</summary>
interface IBackupStore
{
    /// <summary>Writes a consistent copy of all that is committed, while commits go on; on return it is on the disk.</summary>
    /// <param name="now">For its name.</param>
    /// <exception cref="BackupFailedException">There is no copy. The store itself is as it was.</exception>
    Task<StoreBackup> BackupAsync(DateTimeOffset now);
}

/// <summary>A copy of the store.</summary>
/// <param name="Name">Its file's name in the backup folder.</param>
/// <param name="Size">In bytes.</param>
readonly record struct StoreBackup(string Name, long Size);

/// <summary>A copy could not be made; the message is for the operator.</summary>
sealed class BackupFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Whether the changes are on the disk is not known, and will be at the next start.</summary>
sealed class OutcomeUnknownException(Exception inner) : StoreWriteException("A write failed; its outcome is open.", inner);

/// <summary>The store refuses writes since one failed.</summary>
sealed class StoreReadOnlyException() : StoreWriteException("The store is read-only since a write failed.");

/// <summary>The store cannot be opened or read; the message is for the person who started the directory.</summary>
sealed class StoreUnusableException(string message, Exception? inner = null) : Exception(message, inner);
