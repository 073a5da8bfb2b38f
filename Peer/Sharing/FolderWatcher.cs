namespace P2P.Peers.Sharing;

/// <summary>
/// Tells of changes in a shared folder as they happen. Where the system cannot watch (its inotify limits are used up, a network folder),
/// it says so, and rescans have to do.
/// </summary>
sealed class FolderWatcher : IDisposable
{
    readonly SharedFolder _folder;
    readonly ScanRequests _requests;
    readonly ILogger _log;
    readonly FileSystemWatcher _watcher;
    volatile bool _isWatching;

    FolderWatcher(SharedFolder folder, ScanRequests requests, ILogger log)
    {
        _folder = folder;
        _requests = requests;
        _log = log;
        _watcher = new FileSystemWatcher(folder.FullPath)
        {
            IncludeSubdirectories = true,
            InternalBufferSize = 64 * 1024,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite
                | NotifyFilters.Size | NotifyFilters.Attributes,
        };
    }

    /// <summary>Whether changes are told of now.</summary>
    public bool IsWatching => _isWatching;

    /// <summary>Begins to watch, if the system lets us.</summary>
    public static FolderWatcher Start(SharedFolder folder, ScanRequests requests, ILogger log)
    {
        var watcher = new FolderWatcher(folder, requests, log);
        watcher.Begin();
        return watcher;
    }

    public void Dispose()
    {
        _isWatching = false;
        _watcher.Dispose();
    }

    /// <summary>What the watcher does when the system reports an error.</summary>
    internal void OnError(Exception error)
    {
        if (error is InternalBufferOverflowException)
        {
            _requests.Add(ScanScope.Whole(_folder));
            return;
        }

        // Once a watch is refused some subfolders are not watched: better none than some, for then rescans come often.
        _isWatching = false;
        SharingLog.NotWatched(_log, _folder.FullPath, error.Message);
        _requests.Add(ScanScope.Whole(_folder));
    }

    void Begin()
    {
        _watcher.Created += (_, change) => OnEntry(change.Name);
        _watcher.Changed += (_, change) => OnChange(change.Name);
        _watcher.Deleted += (_, change) => OnEntry(change.Name);
        _watcher.Renamed += (_, change) =>
        {
            OnEntry(change.OldName);
            OnEntry(change.Name);
        };
        _watcher.Error += (_, error) => OnError(error.GetException());
        try
        {
            _isWatching = true;
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException)
        {
            OnError(refused);
        }
    }

    // The folder that it lies in may be empty now, or no more.
    void OnEntry(string? name)
    {
        OnChange(name);
        if (Path.GetDirectoryName(name) is { Length: > 0 } parent)
        {
            _requests.Add(new ScanScope(_folder, EmptyFolders.MarkOf(parent.Replace(Path.DirectorySeparatorChar, '/'))));
        }
    }

    void OnChange(string? name)
    {
        if (name is not null && !FolderScanner.IsTransferFile(name))
        {
            _requests.Add(new ScanScope(_folder, Path.DirectorySeparatorChar == '/' ? name : name.Replace('\\', '/')));
        }
    }
}
