using P2P.Server.Catalogs;

namespace P2P.Server.Search.Postings;

/// <summary>Blocks of a part, and which terms they have.</summary>
sealed record BlockIndex(BlockMap Map, PostingTable Postings)
{
    /// <summary>Goes through the blocks twice: see <see cref="PostingBuilder"/>.</summary>
    public static BlockIndex Build(BlockMap map, IBlockTerms terms)
    {
        var counter = new PostingBuilder(map.Blocks);
        foreach (var (member, block) in map.All())
        {
            terms.Count(member.Segment, block, counter);
            counter.NextBlock();
        }

        var writer = counter.Allocate();
        foreach (var (member, block) in map.All())
        {
            terms.Write(member.Segment, block, writer);
            writer.NextBlock();
        }

        return new BlockIndex(map, writer.Finish());
    }
}

/// <summary>What the terms of a block are taken from.</summary>
interface IBlockTerms
{
    void Count(Segment segment, int block, PostingBuilder counter);

    void Write(Segment segment, int block, PostingBuilder.Writer writer);
}

/// <summary>The names of a block are one text.</summary>
sealed class NameBlocks : IBlockTerms
{
    public void Count(Segment segment, int block, PostingBuilder counter) => counter.Count(segment.Names.Block(block));

    public void Write(Segment segment, int block, PostingBuilder.Writer writer) => writer.Write(segment.Names.Block(block));
}

/// <summary>Folders are folded one by one, and of each only that is taken which the one before had not.</summary>
sealed class FolderBlocks : IBlockTerms
{
    /// <summary>A term is three bytes long: with these, those that reach into what is shared are not missed.</summary>
    const int Before = 2;

    readonly FoldedFolder _folded = new();
    byte[] _last = [];
    int _lastLength;

    public void Count(Segment segment, int block, PostingBuilder counter)
    {
        for (var run = First(block); run < Behind(segment, block); run++)
        {
            counter.Count(News(segment, run, isFirst: run == First(block)));
        }
    }

    public void Write(Segment segment, int block, PostingBuilder.Writer writer)
    {
        for (var run = First(block); run < Behind(segment, block); run++)
        {
            writer.Write(News(segment, run, isFirst: run == First(block)));
        }
    }

    static int First(int block) => block * BlockMap.FoldersPerBlock;

    static int Behind(Segment segment, int block) => Math.Min(First(block + 1), segment.Folders.Runs);

    ReadOnlySpan<byte> News(Segment segment, int run, bool isFirst)
    {
        var line = _folded.Line(segment.Folders.Folder(run));
        var shared = isFirst ? 0 : Math.Max(0, line.CommonPrefixLength(_last.AsSpan(0, _lastLength)) - Before);
        if (_last.Length < line.Length)
        {
            _last = new byte[2 * line.Length];
        }

        line.CopyTo(_last);
        _lastLength = line.Length;
        return line[Math.Min(shared, line.Length - Before)..];
    }
}
