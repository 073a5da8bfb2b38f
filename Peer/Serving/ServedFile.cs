using Microsoft.Win32.SafeHandles;
using P2P.Content;
using P2P.Peers.Sharing;

namespace P2P.Peers.Serving;

/// <summary>
/// A shared file, open, in the very state in which it was hashed. What is read counts only if the state is still the same afterwards:
/// so no byte leaves that was not checked against the root.
/// </summary>
sealed class ServedFile : IServedContent
{
    readonly SafeFileHandle _handle;
    readonly ScanRequests _rescans;

    ServedFile(SharedFile file, SafeFileHandle handle, ScanRequests rescans)
    {
        File = file;
        _handle = handle;
        _rescans = rescans;
    }

    public SharedFile File { get; }

    public ContentId Content => File.Content;

    public bool Covers(long offset, long count) => true;

    public SafeFileHandle Handle => _handle;

    /// <summary>Opens the first of the files that is as it was published. The others are looked at again.</summary>
    /// <param name="files">Files of one content; at least one.</param>
    /// <param name="folders">What is open already.</param>
    /// <param name="rescans">Told of files that have changed.</param>
    /// <param name="refusal">Why none could be opened.</param>
    public static ServedFile? Open(IReadOnlyList<SharedFile> files, ShareFolders folders, ScanRequests rescans, out Google.Rpc.Status? refusal)
    {
        refusal = null;
        foreach (var file in files)
        {
            try
            {
                var handle = ShareOpener.Open(folders, file.Folder.FullPath, file.Relative, out var state);
                if (handle is not null && state.Stamp == file.Stamp)
                {
                    refusal = null;
                    return new ServedFile(file, handle, rescans);
                }

                handle?.Dispose();
                refusal = CatalogRefusal.Changed;
                rescans.Add(new ScanScope(file.Folder, file.Relative));
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                refusal ??= CatalogRefusal.Unreadable;
            }
        }

        return null;
    }

    /// <summary>Fills the buffer from an offset; the range lies within the file.</summary>
    /// <returns>Null, or why the bytes must not be used.</returns>
    public Google.Rpc.Status? Read(Span<byte> buffer, long offset)
    {
        try
        {
            while (buffer.Length > 0)
            {
                var read = OperatingSystem.IsLinux() ? LinuxFiles.ReadAt(_handle, buffer, offset) : RandomAccess.Read(_handle, buffer, offset);
                if (read == 0)
                {
                    return Changed();
                }

                buffer = buffer[read..];
                offset += read;
            }

            return EntryState.Of(_handle).Stamp == File.Stamp ? null : Changed();
        }
        catch (IOException)
        {
            return CatalogRefusal.Unreadable;
        }
    }

    /// <summary>The file is no longer what was published: it is looked at again.</summary>
    public Google.Rpc.Status Changed()
    {
        _rescans.Add(new ScanScope(File.Folder, File.Relative));
        return CatalogRefusal.Changed;
    }

    public void Dispose() => _handle.Dispose();
}
