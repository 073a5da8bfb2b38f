using P2P.Content;

namespace P2P.Commands;

/// <summary>
/// The file that remembers by what each directory was known at first: one line each, <c>host:port</c> and the print of its key, or
/// <see cref="ByAuthority"/>. Lines that begin with <c>#</c> are comments. The first line of a directory counts, so that two commands that
/// meet it in the same instant agree.
/// </summary>
public sealed class KnownDirectories(string file)
{
    /// <summary>In place of a print: this system's authorities vouch for it, as for a web site.</summary>
    public const string ByAuthority = "authority";

    public string File => file;

    /// <summary>The print, or <see cref="ByAuthority"/>; null for a directory that was never met.</summary>
    /// <exception cref="IOException">The file cannot be read, or a line of it says neither.</exception>
    public string? Find(Uri directory)
    {
        if (!System.IO.File.Exists(file))
        {
            return null;
        }

        var number = 0;
        foreach (var line in System.IO.File.ReadLines(file))
        {
            number++;
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
            {
                continue;
            }

            if (words.Length != 2 || !(words[1] == ByAuthority || KeyPrint.IsPrint(words[1])))
            {
                throw new IOException($"Line {number} of {file} is damaged: it must be a directory's host:port and the print of its key. Mend or remove it.");
            }

            if (words[0] == NameOf(directory))
            {
                return words[1];
            }
        }

        return null;
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Add(Uri directory, string print)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(file, options);
        using var writer = new StreamWriter(stream);
        writer.Write($"{NameOf(directory)} {print}\n");
        writer.Flush();
        Disk.Flush(stream.SafeFileHandle);
    }

    /// <summary>How the file names a directory.</summary>
    public static string NameOf(Uri directory) => $"{directory.IdnHost}:{directory.Port}";
}
