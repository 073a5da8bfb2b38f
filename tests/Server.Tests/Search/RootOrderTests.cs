using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using P2P.Content;
using P2P.Server.Search.Postings;

namespace P2P.Server.Tests.Search;

public sealed class RootOrderTests
{
    /// <summary>Roots as hashes are, and roots that somebody chose so that many begin alike.</summary>
    [Fact]
    public void Find_AnyRoots_AreTheFilesThatHaveThem()
    {
        var beginning = Gen.Frequency(
            (2, Gen.Choose(int.MinValue, int.MaxValue).Select(value => (ulong)(uint)value << 32)),
            (1, Gen.Choose(0, 3).Select(value => (ulong)value)));
        Prop.ForAll(Gen.ArrayOf(beginning).ToArbitrary(), beginnings =>
        {
            ContentRoot[] roots = [.. beginnings.Select(Root)];
            var order = RootOrder.Of(roots.Select((root, file) => (file, root)), roots.Length);
            return roots.Append(Root(ulong.MaxValue)).All(root => order.Find(root, file => roots[file]).Order()
                .SequenceEqual(Enumerable.Range(0, roots.Length).Where(file => roots[file] == root)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(300));
    }

    static ContentRoot Root(ulong beginning)
    {
        var bytes = new byte[ContentRoot.Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, beginning);
        return new ContentRoot(bytes);
    }
}
