using P2P.Content;
using P2P.Server.Catalogs;

namespace P2P.Server.Search.Postings;

/// <summary>A run of one peer's files that the index knows.</summary>
/// <param name="Slot">The peer's place in <see cref="IndexSnapshot"/>.</param>
sealed record IndexMember(int Slot, Segment Segment);

/// <summary>
/// The terms of several members' names. Immutable, and without text of its own: the names stay where the members have them.
/// What a member has lost since then is known to its peer's catalog.
/// </summary>
sealed class IndexPart
{
    readonly IndexMember[] _members;
    readonly int[] _firstBlocks;
    readonly RootOrder _roots;

    IndexPart(IndexMember[] members, int[] firstBlocks, PostingTable postings, WordList words, RootOrder roots)
    {
        _members = members;
        _firstBlocks = firstBlocks;
        Postings = postings;
        Words = words;
        _roots = roots;
        FileCount = members.Sum(member => member.Segment.Count);
    }

    public IReadOnlyList<IndexMember> Members => _members;

    public PostingTable Postings { get; }

    /// <summary>The words of its names.</summary>
    public WordList Words { get; }

    /// <summary>Files, the dead ones included.</summary>
    public int FileCount { get; }

    public static IndexPart Build(IReadOnlyList<IndexMember> members)
    {
        var firstBlocks = new int[members.Count + 1];
        for (var i = 0; i < members.Count; i++)
        {
            firstBlocks[i + 1] = firstBlocks[i] + members[i].Segment.BlockCount;
        }

        var counter = new PostingBuilder(firstBlocks[^1]);
        var words = new WordListBuilder();
        foreach (var member in members)
        {
            for (var block = 0; block < member.Segment.BlockCount; block++)
            {
                counter.Count(member.Segment.Names.Block(block));
                words.Add(member.Segment.Names.Block(block));
            }
        }

        var writer = counter.Allocate();
        foreach (var member in members)
        {
            for (var block = 0; block < member.Segment.BlockCount; block++)
            {
                writer.Write(member.Segment.Names.Block(block));
            }
        }

        return new IndexPart([.. members], firstBlocks, writer.Finish(), words.Build(), RootOrder.Of(Roots(members, firstBlocks), members.Sum(member => member.Segment.Count)));
    }

    /// <summary>The files with a root, and maybe some others.</summary>
    public IEnumerable<(IndexMember Member, int File)> WithRoot(ContentRoot root) =>
        _roots.Find(root, RootAt).Select(FileAt);

    /// <summary>Whose block that is, and where its blocks begin and end.</summary>
    public (IndexMember Member, int First, int Behind) MemberOf(int block)
    {
        var at = Array.BinarySearch(_firstBlocks, block);
        at = at < 0 ? ~at - 1 : at;

        // A member without files has no block; the one that has begins where it does.
        while (_firstBlocks[at + 1] == block)
        {
            at++;
        }

        return (_members[at], _firstBlocks[at], _firstBlocks[at + 1]);
    }

    static IEnumerable<(int Place, ContentRoot Root)> Roots(IReadOnlyList<IndexMember> members, int[] firstBlocks)
    {
        for (var at = 0; at < members.Count; at++)
        {
            var segment = members[at].Segment;
            for (var file = 0; file < segment.Count; file++)
            {
                if (segment.HasRoot(file))
                {
                    yield return ((firstBlocks[at] * NameColumn.BlockSize) + file, segment.Root(file));
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
        var (member, first, _) = MemberOf(place / NameColumn.BlockSize);
        return (member, place - (first * NameColumn.BlockSize));
    }
}
