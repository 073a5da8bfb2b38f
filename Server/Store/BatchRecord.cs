using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Google.Protobuf;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Store;

/// <summary>
/// A batch as the bytes that are stored, about half of what the message takes. Numbers are LEB128.
/// <code>
/// record  = 01, files, paths, rest, CRC-32C of all before it (4 bytes, little-endian)
/// files   = count, then each: path, flags, [size], [root: 32 bytes], [seconds: zigzag, nanos]
/// paths   = count, then each removed path
/// path    = bytes that it shares with the path before it, length of the others, the others in UTF-8
/// flags   = 1 size, 2 root, 4 time, 8 executable
/// rest    = length, then the message without its files and paths as protobuf
/// </code>
/// Stores of version 1 hold the message itself; none begins with 01, because no field has number 0.
/// </summary>
static class BatchRecord
{
    const byte Form = 1;
    const int UsualFileBytes = 80;
    const int UsualNameBytes = 32;
    const int RootLength = 32;
    const int CrcLength = 4;
    const int HasSize = 1;
    const int HasRoot = 2;
    const int HasTime = 4;
    const int IsExecutable = 8;

    public static byte[] Write(PublishedBatch batch)
    {
        using var writer = new RecordWriter((UsualFileBytes * (batch.Files.Count + batch.Rest.Removes.Count)) + 64);
        Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
        writer.Byte(Form);
        writer.Number((ulong)batch.Files.Count);
        var folders = batch.Files.Folders;
        for (var run = 0; run < folders.Runs; run++)
        {
            for (var file = folders.First(run); file < folders.First(run + 1); file++)
            {
                writer.Path(folders.Folder(run), batch.Files.Names.Original(file, scratch));
                Write(writer, batch.Files.Facts(file));
            }
        }

        WriteRest(writer, batch.Rest);
        return writer.Sealed(Crc);
    }

    /// <summary>The files stand in it as they do in the message, in whichever order.</summary>
    public static byte[] Write(PublishRequest batch)
    {
        using var writer = new RecordWriter((UsualFileBytes * (batch.Upserts.Count + batch.Removes.Count)) + 64);
        writer.Byte(Form);
        writer.Number((ulong)batch.Upserts.Count);
        foreach (var file in batch.Upserts)
        {
            writer.Path(file.Path);
            Write(writer, FileFacts.Of(file));
        }

        WriteRest(writer, batch);
        return writer.Sealed(Crc);
    }

    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Write(PublishRequest)"/> wrote.</exception>
    public static PublishRequest Read(byte[] record) =>
        Guarded(record, static record => record is [Form, ..] ? ReadForm(record) : PublishRequest.Parser.ParseFrom(record));

    /// <summary>The batch with its files in columns.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Write(PublishedBatch)"/> wrote.</exception>
    public static PublishedBatch Open(byte[] record) =>
        Guarded(record, static record => (record is [Form, ..] ? OpenForm(record) : null) ?? PublishedBatch.Of(Read(record)));

    static T Guarded<T>(byte[] record, Func<byte[], T> read)
    {
        try
        {
            return read(record);
        }
        catch (Exception damage) when (damage is InvalidProtocolBufferException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("The record ends early or has impossible values.", damage);
        }
    }

    static PublishRequest ReadForm(byte[] record)
    {
        var reader = new RecordReader(Body(record));
        var files = new FileEntry[reader.Count()];
        for (var i = 0; i < files.Length; i++)
        {
            var path = Encoding.UTF8.GetString(reader.Path());
            files[i] = ReadFacts(ref reader).ToEntry(path);
        }

        var batch = ReadRest(ref reader);
        batch.Upserts.AddRange(files);
        return batch;
    }

    /// <summary>Null if the files are not in order, as those of older stores may be.</summary>
    static PublishedBatch? OpenForm(byte[] record)
    {
        var reader = new RecordReader(Body(record));
        var count = reader.Count();
        var files = new SegmentBuilder(count, UsualNameBytes * count);
        for (var i = 0; i < count; i++)
        {
            var path = reader.Path(out var isBehind);
            if (i > 0 && !isBehind)
            {
                return null;
            }

            files.Add(path, ReadFacts(ref reader));
        }

        return new PublishedBatch(files.Build(), ReadRest(ref reader), record.Length);
    }

    static ReadOnlySpan<byte> Body(byte[] record)
    {
        var body = record.AsSpan(..^CrcLength);
        return Crc(body) == BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(^CrcLength..))
            ? body[1..]
            : throw new InvalidDataException("The record's bytes do not have its checksum.");
    }

    static void WriteRest(RecordWriter writer, PublishRequest batch)
    {
        writer.Number((ulong)batch.Removes.Count);
        foreach (var path in batch.Removes)
        {
            writer.Path(path);
        }

        var rest = new PublishRequest
        {
            CatalogId = batch.CatalogId,
            Sequence = batch.Sequence,
            Replace = batch.Replace,
            Access = { batch.Access },
        }.ToByteArray();
        writer.Number((ulong)rest.Length);
        writer.Bytes(rest);
    }

    static PublishRequest ReadRest(ref RecordReader reader)
    {
        var paths = new string[reader.Count()];
        for (var i = 0; i < paths.Length; i++)
        {
            paths[i] = Encoding.UTF8.GetString(reader.Path());
        }

        var batch = PublishRequest.Parser.ParseFrom(reader.Bytes(reader.Count()));
        batch.Removes.AddRange(paths);
        return batch;
    }

    static void Write(RecordWriter writer, in FileFacts file)
    {
        writer.Byte((byte)((file.Size >= 0 ? HasSize : 0) | (file.Root is null ? 0 : HasRoot)
            | (file.Seconds == FileFacts.NoTime ? 0 : HasTime) | (file.Executable ? IsExecutable : 0)));
        if (file.Size >= 0)
        {
            writer.Number((ulong)file.Size);
        }

        if (file.Root is { } root)
        {
            writer.Bytes(root.Bytes);
        }

        if (file.Seconds != FileFacts.NoTime)
        {
            writer.Number((ulong)((file.Seconds << 1) ^ (file.Seconds >> 63)));
            writer.Number((ulong)file.Nanos);
        }
    }

    static FileFacts ReadFacts(ref RecordReader reader)
    {
        var flags = reader.Byte();
        var size = (flags & HasSize) != 0 ? (long)reader.Number() : -1;
        var root = (flags & HasRoot) != 0 ? new ContentRoot(reader.Bytes(RootLength)) : (ContentRoot?)null;
        var (seconds, nanos) = (FileFacts.NoTime, 0);
        if ((flags & HasTime) != 0)
        {
            var zigzag = reader.Number();
            (seconds, nanos) = ((long)(zigzag >> 1) ^ -(long)(zigzag & 1), (int)reader.Number());
        }

        return new FileFacts(size, root, seconds, nanos, (flags & IsExecutable) != 0);
    }

    static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
