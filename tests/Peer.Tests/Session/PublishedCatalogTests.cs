using FsCheck;
using FsCheck.Fluent;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Session;
using P2P.Peers.Sharing;

namespace P2P.Peers.Tests.Session;

public sealed class PublishedCatalogTests
{
    static readonly SharedFolder Folder = new("s", "/s");

    [Fact]
    public void Plan_NothingKnown_ReplacesEverything()
    {
        var sent = new PublishedCatalog([]).Plan(Snapshot(1, ("s/a", 1), ("s/b", 1)), new HeldCatalog("left from another run", 7));

        var batch = Assert.Single(sent);
        Assert.True(batch.Replace);
        Assert.Equal(1, batch.Sequence);
        Assert.Equal(2, batch.Upserts.Count);
    }

    [Fact]
    public void Plan_FoldersForGroups_SaysSoBeforeAnyFileIsThere()
    {
        var access = new ShareAccess { Label = "s", Groups = { "lab" } };
        var (published, directory) = (new PublishedCatalog([access]), new ModelCatalog());
        var first = published.Plan(Snapshot(1, [.. Enumerable.Range(0, 1500).Select(i => ($"s/{i}", i))]), directory.Held).ToList();
        directory.Take(first);
        published.Accept(directory.Held);

        var then = published.Plan(Snapshot(2, ("s/a", 1)), directory.Held).ToList();

        Assert.Equal((true, 1, 0), (first[0].Replace, first[0].Access.Count, first[1].Access.Count));
        Assert.Equal(access, Assert.Single(then[0].Access));
    }

    [Fact]
    public void Plan_EmptyCatalog_ReplacesToo()
    {
        var batch = Assert.Single(new PublishedCatalog([]).Plan(Snapshot(1), default));

        Assert.True(batch.Replace);
        Assert.Empty(batch.Upserts);
    }

    [Fact]
    public void Plan_AfterConfirmation_SendsTheDifference()
    {
        var (published, directory) = (new PublishedCatalog([]), new ModelCatalog());
        directory.Take(published.Plan(Snapshot(1, ("s/a", 1), ("s/b", 1)), directory.Held));
        published.Accept(directory.Held);

        var batch = Assert.Single(published.Plan(Snapshot(2, ("s/a", 2), ("s/c", 1)), directory.Held));

        Assert.False(batch.Replace);
        Assert.Equal(2, batch.Sequence);
        Assert.Equal(["s/a", "s/c"], batch.Upserts.Select(file => file.Path).Order(StringComparer.Ordinal));
        Assert.Equal(["s/b"], batch.Removes);
    }

    [Fact]
    public void Has_SameFilesInNewSnapshot_IsPublished()
    {
        var (published, directory) = (new PublishedCatalog([]), new ModelCatalog());
        directory.Take(published.Plan(Snapshot(1, ("s/a", 1)), directory.Held));
        published.Accept(directory.Held);

        Assert.True(published.Has(Snapshot(2, ("s/a", 1)), directory.Held));
        Assert.False(published.Has(Snapshot(3, ("s/a", 2)), directory.Held));
        Assert.False(published.Has(Snapshot(2, ("s/a", 1)), new HeldCatalog("", 0)));
    }

    [Fact]
    public void Split_ManyAndLongEntries_KeepsTheBounds()
    {
        var folder = $"s/{new string('x', 240)}/{new string('y', 240)}/{new string('z', 240)}";
        var files = Enumerable.Range(0, 2_500).Select(i => File($"{folder}/{i}", 1));
        var difference = new CatalogDifference([.. files], [.. Enumerable.Range(0, 1_500).Select(i => $"s/{i}")]);

        var batches = PublishBatch.Split(difference).Select((batch, i) => batch.ToRequest("id", i + 1, i == 0)).ToList();

        Assert.All(batches, batch => Assert.InRange(batch.CalculateSize(), 1, 560 * 1024));
        Assert.All(batches, batch => Assert.InRange(batch.Upserts.Count + batch.Removes.Count, 1, 1000));
        Assert.Equal(2_500, batches.Sum(batch => batch.Upserts.Count));
        Assert.Equal(1_500, batches.Sum(batch => batch.Removes.Count));
        var paths = batches.SelectMany(batch => batch.Upserts).Select(file => file.Path).ToList();
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
    }

    // Streams break anywhere, the directory forgets everything now and then: in the end it has what we have.
    [Fact]
    public void Plan_BreaksAnywhere_Converges() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonNegativeInt[]>(),
        steps =>
        {
            var (published, directory, snapshot) = (new PublishedCatalog([]), new ModelCatalog(), Snapshot(1));
            foreach (var (step, number) in steps.Take(8).Select((step, number) => (step.Get, number)))
            {
                var paths = Enumerable.Range(0, 3_000).Where(i => ((i * 7) + step) % (2 + (number % 5)) != 0).Select(i => ($"s/{i}", step % 3));
                snapshot = Snapshot(number + 2, [.. paths]);
                directory = step % 11 == 10 ? new ModelCatalog() : directory;
                directory.Take(published.Plan(snapshot, directory.Held), stopAfter: step % 5);
            }

            published.Accept(directory.Held);
            if (!published.Has(snapshot, directory.Held))
            {
                directory.Take(published.Plan(snapshot, directory.Held));
                published.Accept(directory.Held);
            }

            return published.Has(snapshot, directory.Held)
                && directory.Files.Count == snapshot.Files.Count
                && snapshot.Files.Values.All(file => directory.Files.GetValueOrDefault(file.Path) == file.Content.Root.ToString());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));

    internal static SharedFile File(string path, byte content)
    {
        var root = new byte[32];
        root[0] = content;
        return new SharedFile(Folder, path, new ContentId(new ContentRoot(root), 1), default, false);
    }

    static CatalogSnapshot Snapshot(long version, params (string Path, int Content)[] files) =>
        new(version, files.ToDictionary(file => file.Path, file => File(file.Path, (byte)(file.Content + 1))));

    // What the contract says of Publish.
    sealed class ModelCatalog
    {
        public HeldCatalog Held { get; private set; } = new("", 0);

        public Dictionary<string, string> Files { get; private set; } = [];

        public void Take(IEnumerable<PublishRequest> batches, int stopAfter = int.MaxValue)
        {
            var list = batches.ToList();
            var taken = list.Take(stopAfter).ToList();
            var isReplace = list[0].Replace;
            var files = isReplace ? [] : Files;
            foreach (var batch in taken)
            {
                Assert.True(isReplace || (batch.CatalogId == Held.CatalogId && batch.Sequence == Held.Sequence + 1));
                batch.Removes.ToList().ForEach(path => files.Remove(path));
                batch.Upserts.ToList().ForEach(file => files[file.Path] = file.Root);
                Held = isReplace ? Held : new HeldCatalog(batch.CatalogId, batch.Sequence);
            }

            if (isReplace && taken.Count == list.Count)
            {
                (Files, Held) = (files, new HeldCatalog(list[^1].CatalogId, list[^1].Sequence));
            }
        }
    }
}
