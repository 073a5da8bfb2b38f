using System.Text;
using Google.Protobuf.WellKnownTypes;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Sharing;

namespace P2P.Peers.Session;

/// <summary>One message of a Publish stream, before it is made.</summary>
sealed record PublishBatch(ArraySegment<SharedFile> Upserts, ArraySegment<string> Removes)
{
    const int MostEntries = 1000;
    const int MostBytes = 512 * 1024;

    // Root, length, time and the tags around them.
    const int BytesBesidePath = 110;

    /// <summary>Cuts a difference into batches of at most 1,000 entries and about 512 KiB; one empty batch for no difference.</summary>
    public static IReadOnlyList<PublishBatch> Split(CatalogDifference difference)
    {
        // In the order of their paths they cost the directory least.
        SharedFile[] upserts = [.. difference.Upserts.OrderBy(file => file.Path, StringComparer.Ordinal)];
        string[] removes = [.. difference.Removes];
        var batches = new List<PublishBatch>();
        var (upsert, remove) = (0, 0);
        do
        {
            var room = MostBytes;
            var removesEnd = End(removes, remove, MostEntries, ref room, path => Encoding.UTF8.GetByteCount(path) + 4);
            var upsertsEnd = End(
                upserts, upsert, MostEntries - (removesEnd - remove), ref room,
                file => Encoding.UTF8.GetByteCount(file.Path) + BytesBesidePath);
            batches.Add(new PublishBatch(upserts[upsert..upsertsEnd], removes[remove..removesEnd]));
            (upsert, remove) = (upsertsEnd, removesEnd);
        }
        while (upsert < upserts.Length || remove < removes.Length);
        return batches;
    }

    public PublishRequest ToRequest(string catalogId, long sequence, bool replace) => new()
    {
        CatalogId = catalogId,
        Sequence = sequence,
        Replace = replace,
        Upserts = { Upserts.Select(Entry) },
        Removes = { Removes },
    };

    static FileEntry Entry(SharedFile file) => new()
    {
        Path = file.Path,
        Size = file.Content.Length,
        Root = file.Content.Root.ToString(),
        Time = Timestamp.FromDateTimeOffset(file.Modified),
        Executable = file.Executable,
    };

    static int End<T>(T[] entries, int start, int most, ref int room, Func<T, int> size)
    {
        var end = start;
        while (end < entries.Length && end - start < most && room >= size(entries[end]))
        {
            room -= size(entries[end++]);
        }

        return end;
    }
}
