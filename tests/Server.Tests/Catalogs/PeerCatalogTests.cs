using FsCheck;
using FsCheck.Fluent;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Tests.Catalogs;

public sealed class PeerCatalogTests
{
    /// <summary>Any batches, against a dictionary; and what a batch says it changed, against the difference.</summary>
    [Fact]
    public void Apply_AnyBatches_HoldsWhatADictionaryHolds()
    {
        var path = Gen.Elements("a", "a/b", "a/c", "a-b/x", "b", "b/á", "B", "c/d/e");
        var entry = path.Zip(Gen.Choose(0, 5)).Select(pair => Peers.File(pair.Item1, pair.Item2, pair.Item2));
        var batch = Gen.ListOf(entry).Zip(Gen.ListOf(path));
        Prop.ForAll(Gen.ListOf(batch).ToArbitrary(), batches =>
        {
            var catalog = PeerCatalog.Empty;
            var expected = new Dictionary<string, FileEntry>();
            var contents = new List<ContentId>();
            foreach (var (upserts, removes) in batches)
            {
                var change = catalog.Apply([.. upserts], [.. removes]);
                catalog = change.Catalog;
                removes.ToList().ForEach(gone => expected.Remove(gone));
                upserts.ToList().ForEach(file => expected[file.Path] = file);
                contents.AddRange(change.Added);
                change.Removed.ToList().ForEach(content => contents.Remove(content));
            }

            var sorted = expected.Values.OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
            return catalog.From("").Select(file => file.ToEntry()).SequenceEqual(sorted)
                && catalog.FileCount == expected.Count
                && catalog.TotalSize == expected.Values.Sum(file => file.Size)
                && catalog.Contents().Order(ByText).SequenceEqual(contents.Order(ByText))
                && expected.Values.All(file => catalog.Find(file.Path)!.Value.ToEntry().Equals(file))
                && expected.Values.All(file => catalog.WithRoot(ContentRoot.Parse(file.Root)).Any(found => found.Path == file.Path));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Apply_ThousandsOfSmallBatches_KeepsFewSegments()
    {
        var catalog = PeerCatalog.Empty;
        for (var i = 0; i < 2000; i++)
        {
            catalog = catalog.Apply([Peers.Name($"f{i}")], []).Catalog;
        }

        Assert.Equal(2000, catalog.FileCount);
        Assert.InRange(catalog.Segments.Length, 1, 12);
    }

    static readonly IComparer<ContentId> ByText = Comparer<ContentId>.Create(
        (one, other) => string.CompareOrdinal(one.ToString(), other.ToString()));
}
