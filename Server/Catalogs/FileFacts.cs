using Google.Protobuf.WellKnownTypes;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Catalogs;

/// <summary>What is known of a file besides its path. Negative size: unknown.</summary>
readonly record struct FileFacts(long Size, ContentRoot? Root, long Seconds, int Nanos, bool Executable)
{
    /// <summary>Marks an unknown time; no valid timestamp is that early.</summary>
    public const long NoTime = long.MinValue;

    public static FileFacts Of(FileEntry entry) => new(
        entry.HasSize ? entry.Size : -1,
        entry.HasRoot ? ContentRoot.Parse(entry.Root) : null,
        entry.Time?.Seconds ?? NoTime,
        entry.Time?.Nanos ?? 0,
        entry.Executable);

    /// <summary>The content, if root and length are both known.</summary>
    public ContentId? Content => Root is { } root && Size >= 0 ? new ContentId(root, Size) : null;

    public Timestamp? Time => Seconds == NoTime ? null : new Timestamp { Seconds = Seconds, Nanos = Nanos };

    public FileEntry ToEntry(string path)
    {
        var entry = new FileEntry { Path = path, Time = Time, Executable = Executable };
        if (Size >= 0)
        {
            entry.Size = Size;
        }

        if (Root is { } root)
        {
            entry.Root = root.ToString();
        }

        return entry;
    }
}
