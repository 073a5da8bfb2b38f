using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// What a journal speaks of. A journal of anything else is thrown away.
/// </summary>
/// <param name="Content">The content being downloaded.</param>
/// <param name="PieceSize">Bytes a piece.</param>
public readonly record struct JournalSubject(ContentId Content, int PieceSize);

/// <summary>A piece that was written to the part file.</summary>
/// <param name="Piece">Its index.</param>
/// <param name="Hash">Its node in the content's tree.</param>
public readonly record struct JournalRecord(long Piece, ContentRoot Hash);

/// <summary>
/// The append-only record of which pieces of a part file are written. Every record carries a checksum over itself, its place
/// and the header, and reading stops at the first that does not hold, so that a torn tail is no more than a piece to fetch
/// again. Records are not synced: what a killed program wrote survives in the kernel, and after a reboot nothing is believed.
/// </summary>
/// <remarks>
/// Header, 96 bytes: magic, version, root, length, piece size, boot identifier, device and inode of the part file, CRC-32C.
/// Record, 40 bytes: piece (4), hash (32), CRC-32C (4). Integers are little-endian.
/// </remarks>
sealed class PieceJournal : IDisposable
{
    internal const int HeaderSize = 96;
    internal const int RecordSize = 40;

    static ReadOnlySpan<byte> Magic => "P2P-part"u8;

    readonly SafeFileHandle _file;
    readonly uint _seed;
    long _end;

    PieceJournal(SafeFileHandle file, uint seed, long end)
    {
        _file = file;
        _seed = seed;
        _end = end;
    }

    /// <summary>Starts a journal over, whatever was at the path.</summary>
    public static PieceJournal Create(string path, JournalSubject subject, FileStamp part)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        byte[] header = Header(subject, part, BootId.Current);
        RandomAccess.Write(file, header, 0);
        return new PieceJournal(file, Seed(header), HeaderSize);
    }

    /// <summary>Opens a journal to go on with; null if there is none, or none for this subject.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="subject">What it must speak of.</param>
    /// <param name="part">State of the part file.</param>
    /// <param name="records">The records that hold, in order.</param>
    /// <param name="believed">
    /// Whether the pieces may be taken as written: the same boot, and the same part file. If not, each must be hashed again.
    /// </param>
    public static PieceJournal? Open(
        string path, JournalSubject subject, FileStamp part, out IReadOnlyList<JournalRecord> records, out bool believed)
    {
        (records, believed) = ([], false);
        if (!File.Exists(path))
            return null;
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < HeaderSize || !SpeaksOf(bytes.AsSpan(0, HeaderSize), subject))
            return null;
        byte[] expected = Header(subject, part, BootId.Current);
        believed = BootId.Current != default && bytes.AsSpan(0, HeaderSize).SequenceEqual(expected);
        uint seed = Seed(bytes);
        records = [.. Read(bytes, seed, new PieceGeometry(subject.Content.Length, subject.PieceSize).PieceCount)];
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        long end = HeaderSize + records.Count * RecordSize;
        RandomAccess.SetLength(file, end);
        return new PieceJournal(file, seed, end);
    }

    /// <summary>Appends a record; the piece's bytes must have been handed to the kernel before.</summary>
    public void Append(JournalRecord record)
    {
        Span<byte> bytes = stackalloc byte[RecordSize];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, checked((uint)record.Piece));
        record.Hash.Bytes.CopyTo(bytes[4..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], Checksum(bytes[..^4], _seed, _end));
        RandomAccess.Write(_file, bytes, _end);
        // Last, so that a write that failed halfway is written over by the next.
        _end += RecordSize;
    }

    public void Dispose() => _file.Dispose();

    static IEnumerable<JournalRecord> Read(byte[] bytes, uint seed, long pieces)
    {
        for (int at = HeaderSize; at + RecordSize <= bytes.Length; at += RecordSize)
        {
            ReadOnlySpan<byte> record = bytes.AsSpan(at, RecordSize);
            uint piece = BinaryPrimitives.ReadUInt32LittleEndian(record);
            if (BinaryPrimitives.ReadUInt32LittleEndian(record[^4..]) != Checksum(record[..^4], seed, at) || piece >= pieces)
                yield break;
            yield return new JournalRecord(piece, new ContentRoot(record[4..^4]));
        }
    }

    static byte[] Header(JournalSubject subject, FileStamp part, Guid boot)
    {
        byte[] header = new byte[HeaderSize];
        Span<byte> rest = header;
        Magic.CopyTo(rest);
        subject.Content.Root.Bytes.CopyTo(rest[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(rest[40..], subject.Content.Length);
        BinaryPrimitives.WriteInt64LittleEndian(rest[48..], subject.PieceSize);
        boot.TryWriteBytes(rest[56..]);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[72..], part.Device);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[80..], part.Inode);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[88..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[^4..], Checksum(rest[..^4], 0, 0));
        return header;
    }

    static bool SpeaksOf(ReadOnlySpan<byte> header, JournalSubject subject)
    {
        ReadOnlySpan<byte> wanted = Header(subject, default, default);
        return header[..56].SequenceEqual(wanted[..56]) && header[88..92].SequenceEqual(wanted[88..92])
            && BinaryPrimitives.ReadUInt32LittleEndian(header[^4..]) == Checksum(header[..^4], 0, 0);
    }

    static uint Seed(ReadOnlySpan<byte> file) => BinaryPrimitives.ReadUInt32LittleEndian(file[(HeaderSize - 4)..]);

    static uint Checksum(ReadOnlySpan<byte> bytes, uint seed, long place)
    {
        uint crc = BitOperations.Crc32C(~seed, (ulong)place);
        foreach (uint word in MemoryMarshal.Cast<byte, uint>(bytes))
            crc = BitOperations.Crc32C(crc, word);
        return ~crc;
    }
}
