using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// A folder below one that its owner chose, on a way that somebody else named. No component of the way is a link, also when someone swaps
/// a folder for a link meanwhile; what is not there is made.
/// </summary>
/// <remarks>
/// Linux: each folder is opened in the one before, and what is done in it is done by its handle. Elsewhere each component is looked at
/// before it is used, which leaves a gap that a swap in that instant can pass.
/// </remarks>
public sealed class FolderBelow : IDisposable
{
    readonly SafeFileHandle? _handle;

    FolderBelow(string path, SafeFileHandle? handle, bool isNew = false) => (FullPath, _handle, IsNew) = (path, handle, isNew);

    /// <summary>Where it is. Whoever goes there by this path has no promise that a link is not in the way by then.</summary>
    public string FullPath { get; }

    /// <summary>Whether it was made on the way: there was nothing in it then.</summary>
    public bool IsNew { get; }

    /// <summary>Goes there, and makes what is missing.</summary>
    /// <param name="root">The folder that its owner chose; may be reached by links. Made if it is missing.</param>
    /// <param name="names">The way below it; each one component that <see cref="NameSanitizer"/> lets through.</param>
    /// <exception cref="IOException">A link or a file is in the way, or the disk refused.</exception>
    public static FolderBelow Make(string root, IEnumerable<string> names)
    {
        Directory.CreateDirectory(root);
        FolderBelow at = OperatingSystem.IsLinux() ? new(root, Opened(Posix.Open(root, Posix.ReadFolder), root)) : new(root, null);
        foreach (string name in names)
        {
            using FolderBelow parent = at;
            at = parent.Child(name);
        }

        return at;
    }

    /// <summary>Brings a file here, under a name that is free; one step that no other program can get between.</summary>
    /// <param name="from">Its path now.</param>
    /// <param name="name">Its name here.</param>
    /// <returns>False if the name is taken; then nothing has changed.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public bool TryTake(string from, string name)
    {
        CheckName(name);
        if (_handle is null)
            return Disk.TryMoveNew(from, Path.Combine(FullPath, name));
        if (PosixFolders.RenameInto(Posix.AtCurrentFolder, from, _handle, name, Posix.NoReplace) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            Posix.Exists => false,
            Posix.InvalidArgument or Posix.NoSuchCall => TryLink(from, name),
            int error => throw Posix.Failure("Renaming a file", error),
        };
    }

    /// <summary>Returns once the names in it are on the disk.</summary>
    /// <exception cref="IOException">They may not be.</exception>
    public void Flush()
    {
        if (_handle is not null && Posix.Retry(() => Posix.Fsync(_handle)) != 0)
            throw Posix.Failure("Syncing a folder", Marshal.GetLastPInvokeError());
    }

    public void Dispose() => _handle?.Dispose();

    FolderBelow Child(string name)
    {
        CheckName(name);
        string path = Path.Combine(FullPath, name);
        return _handle is null ? CheckedChild(path) : OpenChild(name, path);
    }

    FolderBelow OpenChild(string name, string path)
    {
        SafeFileHandle there = PosixFolders.OpenAt(_handle!, name, PosixFolders.OpenFolder);
        if (!there.IsInvalid || Marshal.GetLastPInvokeError() != PosixFolders.NotThere)
            return new FolderBelow(path, Opened(there, path));
        bool isNew = PosixFolders.MakeFolderAt(_handle!, name, PosixFolders.NewFolderMode) == 0;
        if (isNew)
            Flush();
        else if (Marshal.GetLastPInvokeError() is var error and not Posix.Exists)
            throw Posix.Failure("Making a folder", error);
        return new FolderBelow(path, Opened(PosixFolders.OpenAt(_handle!, name, PosixFolders.OpenFolder), path), isNew);
    }

    static SafeFileHandle Opened(SafeFileHandle handle, string path)
    {
        if (!handle.IsInvalid)
            return handle;
        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw error is PosixFolders.NotFolder or PosixFolders.TooManyLinks ? InTheWay(path) : Posix.Failure("Opening a folder", error);
    }

    static FolderBelow CheckedChild(string path)
    {
        if (File.Exists(path) || new DirectoryInfo(path).LinkTarget is not null)
            throw InTheWay(path);
        bool isNew = !Directory.Exists(path);
        Directory.CreateDirectory(path);
        return new FolderBelow(path, null, isNew);
    }

    // For file systems without the flag. A crash in between leaves both names, never neither.
    bool TryLink(string from, string name)
    {
        if (PosixFolders.LinkInto(Posix.AtCurrentFolder, from, _handle!, name, 0) != 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                Posix.Exists => false,
                // No hard links either (FAT), and so no symbolic ones that could be in the way.
                Posix.NotPermitted or Posix.NotSupported => Disk.TryMoveNew(from, Path.Combine(FullPath, name)),
                int error => throw Posix.Failure("Renaming a file", error),
            };
        }

        File.Delete(from);
        return true;
    }

    // The C library ends a name at its first zero: what comes after it must not make another of it.
    static void CheckName(string name)
    {
        if (name is "" or "." or ".." || name.AsSpan().ContainsAny('/', '\0', Path.DirectorySeparatorChar))
            throw new ArgumentException("It is not one component of a path.", nameof(name));
    }

    static IOException InTheWay(string path) =>
        new($"{path} is a link or no folder: nothing is written through it. Name the place that it leads to yourself if you mean it.");
}
