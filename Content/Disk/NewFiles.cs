using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// Makes many new files in one folder, each with as few system calls as there can be: named by the folder's handle, and never looked at
/// again, since what was not there is as it was made. Linux only.
/// </summary>
sealed class NewFiles : IDisposable
{
    const uint OwnerMayRun = 0x40;

    readonly SafeFileHandle _folder;

    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public NewFiles(string folder)
    {
        _folder = Posix.Open(folder, Posix.ReadFolder);
        if (_folder.IsInvalid)
            throw Posix.Failure("Opening a folder", Marshal.GetLastPInvokeError());
    }

    /// <summary>The number of its file system.</summary>
    public ulong Device => FileStamp.Of(_folder).Device;

    /// <summary>Makes a file and writes all of it.</summary>
    /// <returns>False if the name is taken; then nothing has changed.</returns>
    /// <exception cref="IOException">The disk refused; there may be a part of the file.</exception>
    public bool TryWrite(string name, ReadOnlySpan<byte> content, FinishOptions options)
    {
        int file = PosixFiles.OpenAt(_folder, name, PosixFiles.CreateNew, PosixFiles.NewFileMode | (options.Executable ? OwnerMayRun : 0));
        if (file < 0)
        {
            return Marshal.GetLastPInvokeError() is var error && error == Posix.Exists ? false : throw Posix.Failure("Making a file", error);
        }

        bool isClosed = false;
        try
        {
            PosixFiles.WriteAll(file, content);
            if (options.Modified is { } modified && PosixFiles.SetTimes(file, [PosixFiles.UnixTime.Unchanged, PosixFiles.UnixTime.Of(modified)]) != 0)
                throw Posix.Failure("Setting a file's time", Marshal.GetLastPInvokeError());
            isClosed = true;
            if (PosixFiles.Close(file) != 0 && Marshal.GetLastPInvokeError() is var error and not Posix.Interrupted)
                throw Posix.Failure("Closing a file", error);
            return true;
        }
        finally
        {
            // What went wrong before is what is told.
            if (!isClosed)
                _ = PosixFiles.Close(file);
        }
    }

    /// <summary>Gives a file another name in the folder, unless that is taken, in one step.</summary>
    /// <returns>False if the new name is taken; null if the file system has no such step. Then nothing has changed.</returns>
    /// <exception cref="IOException">The rename failed.</exception>
    public bool? TryRename(string from, string to)
    {
        if (PosixFiles.RenameWithin(_folder, from, _folder, to, Posix.NoReplace) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            Posix.Exists => false,
            Posix.InvalidArgument or Posix.NoSuchCall => null,
            int error => throw Posix.Failure("Renaming a file", error),
        };
    }

    public void Dispose() => _folder.Dispose();
}
