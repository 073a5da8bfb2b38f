using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Tests.Catalogs;

public sealed class FolderViewTests
{
    static readonly string[] Names = ["a", "a-b", "b", "B.txt", "ñ", new('x', 200), new string('x', 200) + "y"];

    [Fact]
    public void Folder_AnyBatches_GivesWhatLookingAtEveryPathGives()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var (catalog, files) = (PeerCatalog.Empty, new Dictionary<string, FileEntry>());
            for (var batch = 0; batch < 6; batch++)
            {
                var gone = files.Keys.Where(_ => random.Next(4) == 0).ToList();
                var added = Enumerable.Range(0, random.Next(30)).Select(_ => Entry(random)).DistinctBy(entry => entry.Path).ToList();
                catalog = catalog.Apply(added, gone).Catalog;
                gone.ForEach(path => files.Remove(path));
                added.ForEach(entry => files[entry.Path] = entry);
            }

            foreach (var prefix in new[] { "", "a/", "a/b/", "x/", Names[5] + "/" + Names[6] + "/" })
            {
                Compare(catalog, [.. files.Values.OrderBy(file => file.Path, Utf8Order.Instance)], prefix, random);
            }
        }
    }

    [Fact]
    public void Folder_OfAMillionFiles_ReadsOnlyThePage()
    {
        var entries = Enumerable.Range(0, 1_000_000).Select(i => Peers.Name(i < 500_000 ? $"label/{i / 1000:000}/{i % 1000:000}" : $"label/file {i}"));
        var view = new FolderView(PeerCatalog.Of(entries), "label/"u8.ToArray());
        // Each page is a few lookups and its own entries: reading all of the files for each of these would be ten thousand million steps.
        for (var page = 0; page < 10_000; page++)
        {
            var folders = view.Folders(Cursor.PathMark.Of($"label/{page % 400:000}")).Take(3).ToList();
            Assert.Equal((1000, $"label/{(page % 400) + 1:000}"), (folders[0].FileCount, folders[0].Path));
            var file = 500_000 + (page * 40);
            Assert.Equal($"label/file {file + 1}", view.Files(Cursor.PathMark.Of($"label/file {file}")).First().Path);
        }

        Assert.Equal(500, view.Folders(null).Count());
        Assert.Equal(500_000, view.Files(null).Count());
    }

    static void Compare(PeerCatalog catalog, List<FileEntry> files, string prefix, Random random)
    {
        var below = files.Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        var own = below.Where(file => !file.Path[prefix.Length..].Contains('/')).Select(file => file.Path).ToList();
        var folders = below.Except(below.Where(file => own.Contains(file.Path)))
            .GroupBy(file => file.Path[..file.Path.IndexOf('/', prefix.Length)])
            .Select(group => new FolderEntry { Path = group.Key, FileCount = group.Count(), TotalSize = group.Sum(file => file.HasSize ? file.Size : 0) })
            .OrderBy(folder => folder.Path + "/", Utf8Order.Instance).ToList();
        var view = new FolderView(catalog, Encoding.UTF8.GetBytes(prefix));
        Assert.Equal(folders, view.Folders(null));
        Assert.Equal(own, view.Files(null).Select(file => file.Path));
        Assert.Equal(below.Select(file => file.Path), view.AllFiles(null).Select(file => file.Path));
        if (folders.Count > 0)
        {
            var at = random.Next(folders.Count);
            Assert.Equal(folders[(at + 1)..], view.Folders(Cursor.PathMark.Of(folders[at].Path)));
        }

        if (own.Count > 0)
        {
            var at = random.Next(own.Count);
            Assert.Equal(own[(at + 1)..], view.Files(Cursor.PathMark.Of(own[at])).Select(file => file.Path));
        }
    }

    static FileEntry Entry(Random random)
    {
        var path = string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => Names[random.Next(Names.Length)]));
        return random.Next(3) == 0 ? Peers.Name(path) : Peers.File(path, random.Next(5), random.Next(100));
    }
}
