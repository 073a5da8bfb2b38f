using P2P.Content;
using P2P.Server.Catalogs;

namespace P2P.Server.Tests.Catalogs;

public sealed class CatalogIndexTests
{
    static readonly ContentId Content = new(ContentRoot.Parse(Peers.Root(1)), 10);

    [Fact]
    public void Remove_PeerWithFiles_LeavesNothingOfIt()
    {
        var index = new CatalogIndex();
        var (one, other) = (Peers.Live("one", Peers.File("a", 1), Peers.File("b", 1)), Peers.Live("other", Peers.File("c", 1)));
        index.Add(one);
        index.Add(other);
        Assert.Equal(1, index.ContentCount);
        Assert.Equal(2, index.Holders(Content).Count);

        index.Remove(one);
        Assert.Equal([other], index.Holders(Content).Select(holder => holder.Peer));
        Assert.Equal([other], index.Peers);
        Assert.Equal(1, index.FileCount);

        Assert.Empty(one.Catalog.From(""));

        index.Remove(other);
        Assert.Equal((0, 0, 0), (index.FileCount, index.ContentCount, index.TotalSize));
        Assert.Null(index.Find("other"));
    }

    [Fact]
    public void Apply_LastFileOfAContentRemoved_ContentGoes()
    {
        var index = new CatalogIndex();
        var peer = Peers.Live("one", Peers.File("a", 1), Peers.File("b", 1));
        index.Add(peer);

        index.Apply(peer, peer.Catalog.Apply([], ["a"]));
        Assert.Equal([peer], index.Holders(Content).Select(holder => holder.Peer));

        index.Apply(peer, peer.Catalog.Apply([], ["b"]));
        Assert.Empty(index.Holders(Content).Select(holder => holder.Peer));
        Assert.Equal(0, index.ContentCount);
    }

    [Fact]
    public void Lengths_OneRootWithTwoLengths_TellsBoth()
    {
        var index = new CatalogIndex();
        index.Add(Peers.Live("one", Peers.File("a", 1, 32768), Peers.File("b", 1, 64)));
        Assert.Equal([64, 32768], index.Lengths(Content.Root));
        Assert.Equal(2, index.ContentCount);
    }

    [Fact]
    public async Task Replace_WhileOthersRead_ReadersSeeTheOldListOrTheNew()
    {
        var index = new CatalogIndex();
        var peer = Peers.Live("one", Peers.File("a", 1));
        index.Add(peer);
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var paths = string.Join(' ', peer.Catalog.From("").Select(file => file.Path));
                    Assert.True(paths is "a" or "b c", paths);
                }
            },
            TestContext.Current.CancellationToken);
        for (var i = 0; i < 2000; i++)
        {
            index.Replace(peer, PeerCatalog.Of(i % 2 == 0 ? [Peers.File("b", 2), Peers.File("c", 3)] : [Peers.File("a", 1)]));
        }

        await stop.CancelAsync();
        await reader;
        Assert.Equal(1, index.ContentCount);
    }
}
