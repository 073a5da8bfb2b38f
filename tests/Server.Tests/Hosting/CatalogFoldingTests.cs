using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Hosting;
using P2P.Server.Tests.Catalogs;

namespace P2P.Server.Tests.Hosting;

public sealed class CatalogFoldingTests
{
    /// <summary>Batches of all sizes, in order and not, put together as a start does, against one after the other.</summary>
    [Fact]
    public void Add_AnyBatches_MakesWhatTheyMakeOneByOne()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var folding = new CatalogFolding();
            var (expected, logged, next) = (PeerCatalog.Empty, 0L, 0);
            for (var i = random.Next(1, 150); i > 0; i--)
            {
                var batch = PublishedBatch.Of(Batch(random, ref next));
                folding.Add(batch);
                expected = expected.Apply(batch).Catalog;
                logged += batch.Entries;
            }

            var catalog = folding.End();
            Assert.Equal(expected.From("").Select(file => file.ToEntry()), catalog.From("").Select(file => file.ToEntry()));
            Assert.Equal((expected.FileCount, expected.TotalSize, logged), (catalog.FileCount, catalog.TotalSize, folding.Logged));
            Assert.Equal(expected.Access.ToMessages(), catalog.Access.ToMessages());
        }
    }

    [Fact]
    public void End_BatchesThatFollowOneAnother_IsOneSegment()
    {
        var folding = new CatalogFolding();
        for (var i = 0; i < 100; i++)
        {
            folding.Add(PublishedBatch.Of(new PublishRequest { Upserts = { Enumerable.Range(0, 200).Select(j => Peers.File($"{i:000}/{j:000}", j)) } }));
        }

        var catalog = folding.End();
        Assert.Equal(20_000, Assert.Single(catalog.Segments).Segment.Count);
    }

    static PublishRequest Batch(Random random, ref int next)
    {
        var batch = new PublishRequest();
        var (isInOrder, count) = (random.Next(4) > 0, random.Next(3) == 0 ? random.Next(100, 200) : random.Next(6));
        for (var i = 0; i < count; i++)
        {
            var number = isInOrder ? next++ : random.Next(next + 10);
            batch.Upserts.Add(Peers.File($"d{number / 50:0000}/{number:000000}", random.Next(5), random.Next(100)));
        }

        for (var i = random.Next(3) == 0 ? random.Next(4) : 0; i > 0; i--)
        {
            batch.Removes.Add($"d{random.Next(next + 1) / 50:0000}/{random.Next(next + 1):000000}");
        }

        if (random.Next(5) == 0)
        {
            batch.Access.Add(new ShareAccess { Label = $"d{random.Next(3):0000}", Groups = { Enumerable.Range(0, random.Next(2)).Select(i => $"g{random.Next(9)}") } });
        }

        return batch;
    }
}
