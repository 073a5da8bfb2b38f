using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// Small verified contents that become files together: each is written to its part file, all are synced with one call, and then
/// each is renamed. A kill leaves parts, which the next download of the file begins anew.
/// </summary>
public sealed class WholeFiles : IDisposable
{
    readonly List<(string Folder, PartNames Names, FinishOptions Options, long Pieces)> _written = [];

    // One folder of each file system.
    readonly Dictionary<ulong, string> _systems = [];
    readonly HashSet<string> _folders = [];

    // The folder of the last file, which is mostly that of the next one too; not one for each, for there may be as many as files.
    (string Path, NewFiles Files)? _open;

    /// <summary>Writes one; nothing of it is to be seen under its name yet.</summary>
    /// <param name="target">Full path of the finished file; its folder exists.</param>
    /// <exception cref="IOException">The disk refused, or a download of the same file is under way.</exception>
    public void Write(string target, ContentId content, ReadOnlySpan<byte> verified, FinishOptions options)
    {
        PartNames names = PartNames.For(target, content);
        string folder = Path.GetDirectoryName(target)!;
        if (Open(folder) is not { } files || !files.TryWrite(Path.GetFileName(names.Part), verified, options))
            WriteOver(names.Part, verified, options);
        _written.Add((folder, names, options, new PieceGeometry(content.Length).PieceCount));
    }

    /// <summary>Brings all that was written to the disk and gives each its name. The folders are the caller's to sync.</summary>
    /// <returns>The targets whose names were taken; their parts are gone.</returns>
    /// <exception cref="IOException">The disk refused; files without their names are parts still.</exception>
    public IReadOnlyList<string> Finish()
    {
        List<string> taken = [];
        foreach (string folder in _systems.Values)
        {
            if (!Disk.FlushAll(folder))
                _written.ForEach(file => FlushOne(file.Names.Part));
        }

        foreach ((string folder, PartNames names, FinishOptions options, long pieces) in _written)
        {
            if (options.Replace)
            {
                File.Move(names.Part, names.Target, overwrite: true);
            }
            else if (!TryName(folder, names))
            {
                File.Delete(names.Part);
                taken.Add(names.Target);
            }

            // A single piece never had one.
            if (pieces > 1)
                File.Delete(names.Journal);
        }

        _written.Clear();
        return taken;
    }

    public void Dispose()
    {
        _open?.Files.Dispose();
        _open = null;
    }

    // Null where files are made by their paths.
    NewFiles? Open(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            if (_folders.Add(folder))
                _systems.TryAdd(0, folder);
            return null;
        }

        if (_open is { } open && open.Path == folder)
            return open.Files;
        Dispose();
        NewFiles files = new(folder);
        _open = (folder, files);
        if (_folders.Add(folder))
            _systems.TryAdd(files.Device, folder);
        return files;
    }

    bool TryName(string folder, PartNames names) =>
        Open(folder)?.TryRename(Path.GetFileName(names.Part), Path.GetFileName(names.Target)) ?? Disk.TryMoveNew(names.Part, names.Target);

    // Something is there: what a kill left, or what somebody else writes now, who has locked it.
    static void WriteOver(string part, ReadOnlySpan<byte> verified, FinishOptions options)
    {
        using SafeFileHandle file = File.OpenHandle(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        RandomAccess.Write(file, verified, 0);
        if (RandomAccess.GetLength(file) != verified.Length)
            RandomAccess.SetLength(file, verified.Length);
        options.ApplyTo(file);
    }

    static void FlushOne(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Disk.Flush(file);
    }
}
