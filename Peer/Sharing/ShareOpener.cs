using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Peers.Sharing;

/// <summary>
/// Opens shared files. No component below the shared folder may be a link, `..`, or lead elsewhere, also when someone swaps a folder
/// for a link meanwhile; and only regular files are opened, so that neither a FIFO nor a device can stall or harm.
/// </summary>
/// <remarks>
/// Linux: openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, or where a sandbox forbids that call, openat component by component.
/// Elsewhere each component is looked at before the open, which leaves a gap that a swap in that instant can pass.
/// </remarks>
static class ShareOpener
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="folder">Absolute path of the shared folder.</param>
    /// <param name="relative">Path below it, separated by `/`.</param>
    /// <param name="state">State of the file that was opened.</param>
    /// <returns>Null when there is no such regular file, or a link is in the way.</returns>
    /// <exception cref="IOException">The disk or the file's permissions refused.</exception>
    public static SafeFileHandle? Open(string folder, string relative, out EntryState state)
    {
        using var folders = new ShareFolders();
        return Open(folders, folder, relative, out state);
    }

    /// <summary>Opens one of several files.</summary>
    /// <param name="folders">What is open already.</param>
    /// <param name="folder">Absolute path of the shared folder.</param>
    /// <param name="relative">Path below it, separated by `/`.</param>
    /// <param name="state">State of the file that was opened.</param>
    public static SafeFileHandle? Open(ShareFolders folders, string folder, string relative, out EntryState state)
    {
        state = default;
        foreach (var component in relative.AsSpan().Split('/'))
        {
            if (IsNoName(relative.AsSpan(component)))
            {
                return null;
            }
        }

        var file = OperatingSystem.IsLinux() ? OpenLinux(folders, folder, relative) : OpenElsewhere(folder, relative);
        if (file is null)
        {
            return null;
        }

        state = EntryState.Of(file);
        if (state.Kind == EntryKind.File)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    // The C library ends a name at its first zero, so that `..` and a zero would be `..` to it; to Windows, two more characters separate.
    static bool IsNoName(ReadOnlySpan<char> component) =>
        component is "" or "." or ".." || component.Contains('\0') || (OperatingSystem.IsWindows() && component.ContainsAny('\\', ':'));

    /// <summary>The shared folder itself; null when it is not there.</summary>
    internal static SafeFileHandle? OpenFolder(string folder) => Adopt(LinuxFiles.Open(folder, LinuxFiles.OpenFolder, 0));

    static SafeFileHandle? OpenLinux(ShareFolders folders, string folder, string relative)
    {
        var root = folders.Open(folder);
        if (root is null)
        {
            return null;
        }

        var descriptor = LinuxFiles.OpenBeneath(root, relative, LinuxFiles.OpenFile);
        var error = Marshal.GetLastPInvokeError();
        return descriptor < 0 && error is LinuxFiles.ErrorNoSystemCall or LinuxFiles.ErrorNotPermitted
            ? OpenByComponent(root, relative)
            : Adopt(descriptor);
    }

    internal static SafeFileHandle? OpenByComponent(string folder, string relative)
    {
        using var root = OpenFolder(folder);
        return root is null ? null : OpenByComponent(root, relative);
    }

    static SafeFileHandle? OpenByComponent(SafeFileHandle root, string relative)
    {
        var components = relative.Split('/');
        SafeFileHandle? opened = null;
        try
        {
            foreach (var component in components.AsSpan(0, components.Length - 1))
            {
                var next = Adopt(LinuxFiles.OpenAt(opened ?? root, component, LinuxFiles.OpenFolder | LinuxFiles.NoLink, 0));
                opened?.Dispose();
                opened = next;
                if (next is null)
                {
                    return null;
                }
            }

            return Adopt(LinuxFiles.OpenAt(opened ?? root, components[^1], LinuxFiles.OpenFile | LinuxFiles.NoLink, 0));
        }
        finally
        {
            opened?.Dispose();
        }
    }

    // Null for what is not there or is a link; an exception for what the system refuses.
    static SafeFileHandle? Adopt(int descriptor)
    {
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return error is LinuxFiles.ErrorNoEntry or LinuxFiles.ErrorLoop or LinuxFiles.ErrorNotFolder
            or LinuxFiles.ErrorCrossesDevice or LinuxFiles.ErrorNoReader
            ? null
            : throw new IOException($"A shared file could not be opened: {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    static SafeFileHandle? OpenElsewhere(string folder, string relative)
    {
        if (FindWithoutLinks(folder, relative) is not { } path)
        {
            return null;
        }

        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (FindWithoutLinks(folder, relative) is not null)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    static string? FindWithoutLinks(string folder, string relative)
    {
        var path = folder;
        foreach (var component in relative.Split('/'))
        {
            path = Path.Combine(path, component);
            if (EntryState.Of(path) is not { Kind: not EntryKind.Other })
            {
                return null;
            }
        }

        return path;
    }
}
