using P2P.Server.Catalogs;

namespace P2P.Server.Search.Postings;

/// <summary>A run of one peer's files that the index knows.</summary>
/// <param name="Slot">The peer's place in <see cref="IndexSnapshot"/>.</param>
sealed record IndexMember(int Slot, Segment Segment);

/// <summary>A member, and from where to where its blocks are numbered.</summary>
readonly record struct MemberBlocks(IndexMember Member, int First, int Behind);

/// <summary>The blocks of several members, numbered through: of so many names each, or of so many folders with all their files.</summary>
sealed class BlockMap
{
    /// <summary>Folders of a block.</summary>
    public const int FoldersPerBlock = 32;

    readonly IndexMember[] _members;
    readonly int[] _firstBlocks;
    readonly bool _ofFolders;

    BlockMap(IndexMember[] members, bool ofFolders)
    {
        (_members, _ofFolders) = (members, ofFolders);
        _firstBlocks = new int[members.Length + 1];
        for (var i = 0; i < members.Length; i++)
        {
            var segment = members[i].Segment;
            _firstBlocks[i + 1] = _firstBlocks[i] + (ofFolders ? (segment.Folders.Runs + FoldersPerBlock - 1) / FoldersPerBlock : segment.BlockCount);
        }
    }

    public int Blocks => _firstBlocks[^1];

    public static BlockMap OfNames(IndexMember[] members) => new(members, ofFolders: false);

    public static BlockMap OfFolders(IndexMember[] members) => new(members, ofFolders: true);

    /// <summary>Whose block that is.</summary>
    public MemberBlocks At(int block)
    {
        var at = Array.BinarySearch(_firstBlocks, block);
        at = at < 0 ? ~at - 1 : at;

        // A member without files has no block; the one that has begins where it does.
        while (_firstBlocks[at + 1] == block)
        {
            at++;
        }

        return Of(at);
    }

    /// <summary>The files of a block, from one to before another.</summary>
    public (int File, int Behind) Files(in MemberBlocks at, int block)
    {
        var segment = at.Member.Segment;
        if (!_ofFolders)
        {
            var file = (block - at.First) * NameColumn.BlockSize;
            return (file, Math.Min(file + NameColumn.BlockSize, segment.Count));
        }

        var run = (block - at.First) * FoldersPerBlock;
        return (segment.Folders.First(run), segment.Folders.First(Math.Min(run + FoldersPerBlock, segment.Folders.Runs)));
    }

    /// <summary>Has it fetched where the names of a block stand.</summary>
    public void FetchPlace(in MemberBlocks at, int block)
    {
        if (!_ofFolders)
        {
            at.Member.Segment.Names.FetchPlace(block - at.First);
        }
    }

    /// <summary>Has the names of a block fetched that is about to be read.</summary>
    public void FetchAhead(in MemberBlocks at, int block)
    {
        if (!_ofFolders)
        {
            at.Member.Segment.Names.FetchAhead(block - at.First);
        }
    }

    public IEnumerable<MemberBlocks> Members() => Enumerable.Range(0, _members.Length).Select(Of);

    /// <summary>All blocks, each by its member and its number there.</summary>
    public IEnumerable<(IndexMember Member, int Block)> All()
    {
        foreach (var at in Members())
        {
            for (var block = 0; block < at.Behind - at.First; block++)
            {
                yield return (at.Member, block);
            }
        }
    }

    MemberBlocks Of(int at) => new(_members[at], _firstBlocks[at], _firstBlocks[at + 1]);
}
