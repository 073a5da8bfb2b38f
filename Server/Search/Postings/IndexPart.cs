using P2P.Content;
using P2P.Server.Catalogs;

namespace P2P.Server.Search.Postings;

/// <summary>
/// The terms of several members' names. Immutable, and without text of its own: the names stay where the members have them.
/// What a member has lost since then is known to its peer's catalog.
/// </summary>
sealed class IndexPart
{
    readonly RootOrder _roots;

    IndexPart(IReadOnlyList<IndexMember> members, BlockIndex names, BlockIndex folders, WordList words, RootOrder roots)
    {
        (Members, Names, Folders, Words, _roots) = (members, names, folders, words, roots);
        FileCount = members.Sum(member => member.Segment.Count);
    }

    public IReadOnlyList<IndexMember> Members { get; }

    /// <summary>The terms of base names.</summary>
    public BlockIndex Names { get; }

    /// <summary>The terms of folders.</summary>
    public BlockIndex Folders { get; }

    /// <summary>The words of its names.</summary>
    public WordList Words { get; }

    /// <summary>Files, the dead ones included.</summary>
    public int FileCount { get; }

    /// <param name="members">In the order in which a search by peer goes through them.</param>
    public static IndexPart Build(IReadOnlyList<IndexMember> members)
    {
        IndexMember[] all = [.. members];
        var names = BlockMap.OfNames(all);
        var words = new WordListBuilder();
        foreach (var (member, block) in names.All())
        {
            words.Add(member.Segment.Names.Block(block));
        }

        var index = BlockIndex.Build(names, new NameBlocks());
        var folders = BlockIndex.Build(BlockMap.OfFolders(all), new FolderBlocks());
        return new IndexPart(all, index, folders, words.Build(), RootOrder.Of(Roots(names), all.Sum(member => member.Segment.Count)));
    }

    /// <summary>The files with a root, and maybe some others.</summary>
    public IEnumerable<(IndexMember Member, int File)> WithRoot(ContentRoot root) =>
        _roots.Find(root, RootAt).Select(FileAt);

    static IEnumerable<(int Place, ContentRoot Root)> Roots(BlockMap names)
    {
        foreach (var at in names.Members())
        {
            var segment = at.Member.Segment;
            for (var file = 0; file < segment.Count; file++)
            {
                if (segment.HasRoot(file))
                {
                    yield return ((at.First * NameColumn.BlockSize) + file, segment.Root(file));
                }
            }
        }
    }

    ContentRoot RootAt(int place)
    {
        var (member, file) = FileAt(place);
        return member.Segment.Root(file);
    }

    (IndexMember Member, int File) FileAt(int place)
    {
        var at = Names.Map.At(place / NameColumn.BlockSize);
        return (at.Member, place - (at.First * NameColumn.BlockSize));
    }
}
