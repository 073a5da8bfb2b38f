namespace P2P.Content;

/// <summary>Files that only their owner may read. They are on the disk when a call returns.</summary>
public static class SecretFile
{
    /// <summary>Writes a file that is not there yet. It appears complete; if another process was faster, its file stays.</summary>
    public static void Create(string file, string text)
    {
        string temporary = Write(file, text);
        if (!Disk.TryMoveNew(temporary, file))
            File.Delete(temporary);
        Disk.FlushFolder(FolderOf(file));
    }

    /// <summary>Writes a file in place of the one that may be there: the name stands for the old text or the new, never for a part.</summary>
    public static void Replace(string file, string text)
    {
        File.Move(Write(file, text), file, overwrite: true);
        Disk.FlushFolder(FolderOf(file));
    }

    static string Write(string file, string text)
    {
        string temporary = $"{file}.{Guid.NewGuid():N}";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using FileStream stream = new(temporary, options);
        using StreamWriter writer = new(stream);
        writer.WriteLine(text);
        writer.Flush();
        Disk.Flush(stream.SafeFileHandle);
        return temporary;
    }

    static string FolderOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;
}
