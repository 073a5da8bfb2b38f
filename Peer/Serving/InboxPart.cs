using Microsoft.Win32.SafeHandles;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Serving;

/// <summary>An upload that is not finished: a hidden file in the inbox, named by the content.</summary>
sealed class InboxPart(string folder, ContentId content)
{
    const int MostNumbers = 10_000;
    const string Extension = ".part";

    readonly string _path = Path.Combine(folder, $".{content}{Extension}");

    /// <summary>Bytes that it has.</summary>
    public long Length => File.Exists(_path) ? new FileInfo(_path).Length : 0;

    /// <summary>From where an upload may go on: whole blocks only.</summary>
    public long ResumeOffset => Math.Min(Length, content.Length) & -TreeShape.BlockSize;

    /// <summary>Opens it for writing behind an offset; what was behind it goes.</summary>
    public Writer Open(long offset)
    {
        if (new FileInfo(_path).LinkTarget is not null)
        {
            throw new IOException("An upload is a link; nothing is written through it.");
        }

        var file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            return new Writer(file, offset);
        }
        catch (IOException)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file name is that of an unfinished upload.</summary>
    public static bool Matches(string name) =>
        name.StartsWith('.') && name.EndsWith(Extension, StringComparison.Ordinal) && ContentId.TryParse(name.AsSpan()[1..^Extension.Length], out _);

    public void Delete() => File.Delete(_path);

    /// <summary>Gives it its name, or where that is taken the same with a number.</summary>
    /// <returns>Its path relative to the inbox, separated by `/`.</returns>
    public string MoveTo(SharedPath wanted)
    {
        string[] names = wanted.ToLocal("").Split(Path.DirectorySeparatorChar);
        using var place = FolderBelow.Make(folder, names[..^1]);
        var (stem, extension) = (Path.GetFileNameWithoutExtension(names[^1]), Path.GetExtension(names[^1]));
        for (var number = 1; number <= MostNumbers; number++)
        {
            var name = number == 1 ? names[^1] : NameSanitizer.Sanitize($"{stem} ({number}){extension}");
            if (place.TryTake(_path, name))
            {
                place.Flush();
                Disk.FlushFolder(folder);
                return string.Join('/', [.. names[..^1], name]);
            }
        }

        throw new IOException("No name is free for an upload.");
    }

    /// <summary>Writes an upload and hashes it on the way.</summary>
    public sealed class Writer : IDisposable
    {
        readonly SafeFileHandle _file;
        readonly MerkleHasher _hasher = new();

        public Writer(SafeFileHandle file, long offset)
        {
            _file = file;
            RandomAccess.SetLength(file, offset);
            var buffer = new byte[64 * 1024];
            while (Length < offset)
            {
                var read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, offset - Length)), Length);
                _hasher.Append(buffer.AsSpan(0, read));
                Length += read;
            }
        }

        /// <summary>Bytes so far.</summary>
        public long Length { get; private set; }

        public void Write(ReadOnlySpan<byte> data)
        {
            RandomAccess.Write(_file, data, Length);
            _hasher.Append(data);
            Length += data.Length;
        }

        /// <summary>The root of all bytes.</summary>
        public ContentRoot Finish() => _hasher.Finish();

        /// <summary>Takes over time and mode, and brings it all to the disk.</summary>
        public void Keep(UploadHeader header)
        {
            if (header.Time is { } time)
            {
                File.SetLastWriteTimeUtc(_file, time.ToDateTime());
            }

            if (header.Executable && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(_file, File.GetUnixFileMode(_file) | UnixFileMode.UserExecute);
            }

            Disk.Flush(_file);
        }

        public void Dispose() => _file.Dispose();
    }
}
