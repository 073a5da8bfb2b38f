using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Buf.Validate;
using Google.Protobuf.Reflection;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Calls;

/// <summary>
/// Reads the messages of publishing streams, most of whose files go into columns with no object of their own. Only what keeps every rule is read
/// so: as soon as a message has anything else in it, it is parsed and then validated as all others are, and answered the same.
/// </summary>
static class BatchMessage
{
    const int UsualNameBytes = 32;

    static readonly ulong MostFiles = Rules(PublishRequest.Descriptor, PublishRequest.UpsertsFieldNumber).Repeated.MaxItems;
    static readonly ulong LargestSize = (ulong)Rules(FileEntry.Descriptor, FileEntry.SizeFieldNumber).Int64.Lte;

    public static PublishRequest Read(DeserializationContext context)
    {
        var payload = context.PayloadAsReadOnlySequence();
        var length = (int)payload.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            payload.CopyTo(copy);
            return Read(copy.AsSpan(0, length)) ?? PublishRequest.Parser.ParseFrom(payload);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <summary>The message with its files as <see cref="PublishRequest.Columns"/>; null if it is to be parsed.</summary>
    internal static PublishRequest? Read(ReadOnlySpan<byte> message)
    {
        if (Split(message, out var rest) is not (> 0 and var count) || (ulong)count > MostFiles)
        {
            return null;
        }

        var files = new SegmentBuilder(count, UsualNameBytes * count);
        var reader = new WireReader(message);
        ReadOnlySpan<byte> last = default;
        while (!reader.IsEnd)
        {
            if (!reader.IsAt(PublishRequest.UpsertsFieldNumber))
            {
                reader.Skip();
            }
            else if (!Add(files, reader.Message(), ref last))
            {
                return null;
            }
        }

        var request = PublishRequest.Parser.ParseFrom(rest.WrittenSpan);
        request.Columns = new PublishedBatch(files.Build(), request, message.Length);
        return request;
    }

    /// <summary>What the contract says of a field.</summary>
    static FieldRules Rules(MessageDescriptor message, int field) =>
        message.FindFieldByNumber(field).GetOptions().GetExtension(ValidateExtensions.Field);

    /// <summary>How many files a message has, and all else that it has; null if it is nothing to be read here.</summary>
    static int? Split(ReadOnlySpan<byte> message, out ArrayBufferWriter<byte> rest)
    {
        rest = new ArrayBufferWriter<byte>();
        var count = 0;
        var reader = new WireReader(message);
        while (!reader.IsEnd)
        {
            var isFile = reader.IsAt(PublishRequest.UpsertsFieldNumber);
            var field = reader.Skip();
            if (isFile)
            {
                count++;
            }
            else
            {
                rest.Write(field);
            }
        }

        return reader.IsGood ? count : null;
    }

    /// <summary>Adds a file, if it keeps all rules and comes behind the one before it.</summary>
    static bool Add(SegmentBuilder files, ReadOnlySpan<byte> file, ref ReadOnlySpan<byte> last)
    {
        var reader = new WireReader(file);
        var path = reader.Bytes(FileEntry.PathFieldNumber);
        var size = reader.Number(FileEntry.SizeFieldNumber);
        var root = reader.Bytes(FileEntry.RootFieldNumber, out var hasRoot);
        var time = reader.Bytes(FileEntry.TimeFieldNumber, out var hasTime);
        var executable = reader.Number(FileEntry.ExecutableFieldNumber) ?? 0;
        var facts = new FileFacts(size <= LargestSize ? (long)size : -1, null, FileFacts.NoTime, 0, executable == 1);
        if (!reader.IsGood || !reader.IsEnd || size > LargestSize || executable > 1
            || !IsPath(path, last) || path.SequenceCompareTo(last) <= 0
            || (hasRoot && !TryRoot(root, ref facts)) || (hasTime && !TryTime(time, ref facts)))
        {
            return false;
        }

        last = path;
        files.Add(path, facts);
        return true;
    }

    static bool TryRoot(ReadOnlySpan<byte> text, ref FileFacts facts)
    {
        Span<byte> bytes = stackalloc byte[ContentRoot.Size];
        if (facts.Size < 0 || text.Length != 2 * ContentRoot.Size || text.ContainsAnyInRange((byte)'A', (byte)'F')
            || Convert.FromHexString(text, bytes, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        facts = facts with { Root = new ContentRoot(bytes) };
        return facts.Content is { IsValid: true };
    }

    static bool TryTime(ReadOnlySpan<byte> time, ref FileFacts facts)
    {
        var reader = new WireReader(time);
        var (seconds, nanos) = (reader.Number(1) ?? 0, reader.Number(2) ?? 0);
        if (!reader.IsGood || !reader.IsEnd || nanos > int.MaxValue || !Times.IsTime((long)seconds, (int)nanos))
        {
            return false;
        }

        facts = facts with { Seconds = (long)seconds, Nanos = (int)nanos };
        return true;
    }

    /// <summary>Whether <see cref="SharedPath.Problem"/> finds nothing.</summary>
    /// <param name="path">The path.</param>
    /// <param name="last">A path that was good; the folders that both are in need not be looked at again.</param>
    static bool IsPath(ReadOnlySpan<byte> path, ReadOnlySpan<byte> last)
    {
        if (path.Length > SharedPath.MaxBytes)
        {
            return false;
        }

        var known = path[..path.CommonPrefixLength(last)].LastIndexOf((byte)'/') + 1;
        return path[known..].ContainsAnyExceptInRange((byte)' ', (byte)'~')
            ? Utf8.IsValid(path) && SharedPath.Problem(Encoding.UTF8.GetString(path)) is null
            : AreComponents(path[known..]);
    }

    static bool AreComponents(ReadOnlySpan<byte> path)
    {
        for (var slash = path.IndexOf((byte)'/'); slash >= 0; slash = path.IndexOf((byte)'/'))
        {
            if (!IsComponent(path[..slash]))
            {
                return false;
            }

            path = path[(slash + 1)..];
        }

        return IsComponent(path);
    }

    static bool IsComponent(ReadOnlySpan<byte> component) =>
        component.Length is > 0 and <= NameSanitizer.MaxBytes && !component.SequenceEqual("."u8) && !component.SequenceEqual(".."u8);
}
