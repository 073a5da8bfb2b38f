using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using P2P.Contracts.DirectoryV1;

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
    const int RootLength = 32;
    const int CrcLength = 4;
    const int HasSize = 1;
    const int HasRoot = 2;
    const int HasTime = 4;
    const int IsExecutable = 8;

    public static byte[] Write(PublishRequest batch)
    {
        var writer = new RecordWriter((UsualFileBytes * (batch.Upserts.Count + batch.Removes.Count)) + 64);
        writer.Byte(Form);
        writer.Number((ulong)batch.Upserts.Count);
        foreach (var file in batch.Upserts)
        {
            Write(writer, file);
        }

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
        return writer.Sealed();
    }

    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Write(PublishRequest)"/> wrote.</exception>
    public static PublishRequest Read(byte[] record)
    {
        try
        {
            return record is [Form, ..] ? ReadForm(record) : PublishRequest.Parser.ParseFrom(record);
        }
        catch (Exception damage) when (damage is InvalidProtocolBufferException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("The record ends early or has impossible values.", damage);
        }
    }

    static PublishRequest ReadForm(byte[] record)
    {
        var body = record.AsSpan(..^CrcLength);
        if (Crc(body) != BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(^CrcLength..)))
        {
            throw new InvalidDataException("The record's bytes do not have its checksum.");
        }

        var reader = new RecordReader(body[1..]);
        var files = new FileEntry[reader.Count()];
        for (var i = 0; i < files.Length; i++)
        {
            files[i] = ReadFile(ref reader);
        }

        var paths = new string[reader.Count()];
        for (var i = 0; i < paths.Length; i++)
        {
            paths[i] = reader.Path();
        }

        var batch = PublishRequest.Parser.ParseFrom(reader.Bytes(reader.Count()));
        batch.Upserts.AddRange(files);
        batch.Removes.AddRange(paths);
        return batch;
    }

    static void Write(RecordWriter writer, FileEntry file)
    {
        writer.Path(file.Path);
        writer.Byte((byte)((file.HasSize ? HasSize : 0) | (file.HasRoot ? HasRoot : 0) | (file.Time is null ? 0 : HasTime) | (file.Executable ? IsExecutable : 0)));
        if (file.HasSize)
        {
            writer.Number((ulong)file.Size);
        }

        if (file.HasRoot)
        {
            writer.Root(file.Root);
        }

        if (file.Time is { } time)
        {
            writer.Number((ulong)((time.Seconds << 1) ^ (time.Seconds >> 63)));
            writer.Number((ulong)time.Nanos);
        }
    }

    static FileEntry ReadFile(ref RecordReader reader)
    {
        var file = new FileEntry { Path = reader.Path() };
        var flags = reader.Byte();
        if ((flags & HasSize) != 0)
        {
            file.Size = (long)reader.Number();
        }

        if ((flags & HasRoot) != 0)
        {
            file.Root = Convert.ToHexStringLower(reader.Bytes(RootLength));
        }

        if ((flags & HasTime) != 0)
        {
            var seconds = reader.Number();
            file.Time = new Timestamp { Seconds = (long)(seconds >> 1) ^ -(long)(seconds & 1), Nanos = (int)reader.Number() };
        }

        file.Executable = (flags & IsExecutable) != 0;
        return file;
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

    /// <param name="size">About how many bytes will be written.</param>
    sealed class RecordWriter(int size)
    {
        readonly ArrayBufferWriter<byte> _buffer = new(size);
        byte[] _last = [];
        byte[] _next = [];
        int _lastLength;

        public void Byte(byte value) => _buffer.Write([value]);

        public void Bytes(ReadOnlySpan<byte> value) => _buffer.Write(value);

        public void Number(ulong value)
        {
            var span = _buffer.GetSpan(10);
            var length = 0;
            for (; value > 0x7F; value >>= 7)
            {
                span[length++] = (byte)(value | 0x80);
            }

            span[length++] = (byte)value;
            _buffer.Advance(length);
        }

        public void Path(string path)
        {
            if (_next.Length < Encoding.UTF8.GetMaxByteCount(path.Length))
            {
                _next = new byte[2 * Encoding.UTF8.GetMaxByteCount(path.Length)];
            }

            var utf8 = _next.AsSpan(0, Encoding.UTF8.GetBytes(path, _next));
            var shared = utf8.CommonPrefixLength(_last.AsSpan(0, _lastLength));
            Number((ulong)shared);
            Number((ulong)(utf8.Length - shared));
            Bytes(utf8[shared..]);
            (_last, _next, _lastLength) = (_next, _last, utf8.Length);
        }

        public void Root(string hex)
        {
            if (Convert.FromHexString(hex, _buffer.GetSpan(RootLength)[..RootLength], out _, out var length) != OperationStatus.Done || length != RootLength)
            {
                throw new ArgumentException("A root has 64 hexadecimal digits.", nameof(hex));
            }

            _buffer.Advance(length);
        }

        public byte[] Sealed()
        {
            var crc = Crc(_buffer.WrittenSpan);
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.GetSpan(CrcLength), crc);
            _buffer.Advance(CrcLength);
            return _buffer.WrittenSpan.ToArray();
        }
    }

    ref struct RecordReader(ReadOnlySpan<byte> left)
    {
        ReadOnlySpan<byte> _left = left;
        byte[] _last = [];

        public byte Byte()
        {
            var value = _left[0];
            _left = _left[1..];
            return value;
        }

        public ReadOnlySpan<byte> Bytes(int length)
        {
            var value = _left[..length];
            _left = _left[length..];
            return value;
        }

        public ulong Number()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var next = Byte();
                value |= (ulong)(next & 0x7F) << shift;
                if (next <= 0x7F)
                {
                    return value;
                }
            }
        }

        /// <summary>A number of things that follow: each takes a byte at least, so that no damage asks for more memory than there are bytes.</summary>
        public int Count() => Number() is var count && count <= (ulong)_left.Length
            ? (int)count
            : throw new InvalidDataException("The record counts more than it holds.");

        public string Path()
        {
            var shared = (int)Number();
            var others = Bytes(Count());
            byte[] path = [.. _last.AsSpan(..shared), .. others];
            _last = path;
            return Encoding.UTF8.GetString(path);
        }
    }
}
