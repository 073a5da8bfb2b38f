using Microsoft.Win32.SafeHandles;

namespace P2P.Peers.Sharing;

/// <summary>
/// The shared folder that files of one call are opened below, kept open from one to the next; no longer, so that whoever unmounts or replaces
/// a folder need not ask. Not for several threads.
/// </summary>
sealed class ShareFolders : IDisposable
{
    SafeFileHandle? _folder;
    string? _path;

    /// <summary>The folder; stays this object's. Null when it is not there.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public SafeFileHandle? Open(string path)
    {
        if (_path != path)
        {
            Dispose();
            _folder = ShareOpener.OpenFolder(path);
            _path = path;
        }

        return _folder;
    }

    public void Dispose()
    {
        _folder?.Dispose();
        (_folder, _path) = (null, null);
    }
}
