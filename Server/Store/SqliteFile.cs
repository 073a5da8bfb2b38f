using System.Buffers.Binary;

namespace P2P.Server.Store;

/// <summary>
/// Sees whether a SQLite file is as long as it says. SQLite itself takes a file without a whole header for a new one, reads what is missing of a
/// page as zeros, and so could answer with less than there was instead of with an error.
/// </summary>
static class SqliteFile
{
    const int HeaderLength = 100;
    const int PageSizeAt = 16;
    const int ChangeCounterAt = 24;
    const int PageCountAt = 28;
    const int CountedAtChangeAt = 92;

    /// <exception cref="StoreUnusableException">The end of the file is missing.</exception>
    public static void RefuseIfCut(string path)
    {
        var (length, hasLog) = (Length(path), Length(path + "-wal") > 0);
        // An empty file is one that has just been made. With a log, what the file lacks may stand there: a checkpoint may have been under way.
        var isCut = hasLog ? length == 0 : length > 0 && length < Expected(path, length);
        if (isCut)
        {
            throw new StoreUnusableException($"The store {path} has lost its end. Start from a backup, or with another data folder.");
        }
    }

    static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    /// <summary>The length by the file's header (SQLite's file format, section 1.3); of one that has none, more than it has.</summary>
    static long Expected(string path, long length)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        using (var file = File.OpenHandle(path, share: FileShare.ReadWrite))
        {
            if (RandomAccess.Read(file, header, 0) < HeaderLength)
            {
                return length + 1;
            }
        }

        if (!header.StartsWith("SQLite format 3\0"u8))
        {
            // Another program's file: opening it says so.
            return length;
        }

        long pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[PageSizeAt..]);
        var isCounted = header[ChangeCounterAt..(ChangeCounterAt + 4)].SequenceEqual(header[CountedAtChangeAt..(CountedAtChangeAt + 4)]);
        return isCounted ? (pageSize == 1 ? 65536 : pageSize) * BinaryPrimitives.ReadUInt32BigEndian(header[PageCountAt..]) : length;
    }
}
