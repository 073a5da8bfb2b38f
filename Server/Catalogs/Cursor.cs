using System.Security.Cryptography;
using System.Text;

namespace P2P.Server.Catalogs;

/// <summary>Positions in lists, as page tokens carry them.</summary>
static class Cursor
{
    /// <summary>Longer paths are carried as their beginning and a print, so that a token stays short.</summary>
    const int MostPathBytes = 400;

    public static byte[] Write(Action<BinaryWriter> write)
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            write(writer);
        }

        return memory.ToArray();
    }

    /// <summary>Only for bytes that <see cref="Write(Action{BinaryWriter})"/> made and a seal protects.</summary>
    public static T Read<T>(byte[] position, Func<BinaryReader, T> read)
    {
        using var reader = new BinaryReader(new MemoryStream(position), Encoding.UTF8);
        return read(reader);
    }

    public static void Write(BinaryWriter writer, PeerOrder peer)
    {
        writer.Write(peer.User);
        writer.Write(peer.Ip);
        writer.Write(peer.Port);
        writer.Write(peer.PeerId);
    }

    public static PeerOrder ReadPeer(BinaryReader reader) =>
        new(reader.ReadString(), reader.ReadString(), reader.ReadInt32(), reader.ReadString());

    public static void WritePath(BinaryWriter writer, string path) => Write(writer, PathMark.Of(path));

    public static void Write(BinaryWriter writer, PathMark mark)
    {
        writer.Write(mark.Start);
        writer.Write((byte)mark.Print.Length);
        writer.Write(mark.Print);
    }

    public static PathMark ReadPath(BinaryReader reader) => new(reader.ReadString(), reader.ReadBytes(reader.ReadByte()));

    /// <summary>A path, or the beginning and the print of a long one.</summary>
    internal sealed record PathMark(string Start, byte[] Print)
    {
        public static PathMark Of(string path)
        {
            if (Encoding.UTF8.GetByteCount(path) <= MostPathBytes)
            {
                return new PathMark(path, []);
            }

            var start = new StringBuilder();
            var bytes = 0;
            foreach (var rune in path.EnumerateRunes())
            {
                bytes += rune.Utf8SequenceLength;
                if (bytes > MostPathBytes)
                {
                    break;
                }

                start.Append(rune);
            }

            return new PathMark(start.ToString(), SHA256.HashData(Encoding.UTF8.GetBytes(path)));
        }

        /// <summary>A catalog's files behind the mark. If a long path is gone, some that share its beginning come again.</summary>
        public IEnumerable<FileRef> Behind(PeerCatalog catalog)
        {
            var files = catalog.From(Start);
            if (Print.Length == 0)
            {
                return files.SkipWhile(file => file.Path == Start);
            }

            var behind = files.SkipWhile(file => !SHA256.HashData(file.Segment.PathUtf8(file.Index)).AsSpan().SequenceEqual(Print)).Skip(1);
            return behind.Any() ? behind : files;
        }
    }
}
