using P2P.Peers.Local;
using P2P.Peers.Transfers;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Transfers;

public sealed class TransferHistoryTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    DaemonFiles Files => new(_folder.File("data"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Add_Entries_ComeBackInOrderFromAFileForItsOwner()
    {
        TransferHistory history = new(Files);
        Assert.Empty(await history.ReadAsync(TimeProvider.System));
        await history.AddAsync(Entry("1", "ñandú\n\u202e"), TimeProvider.System);
        await history.AddAsync(Entry("2"), TimeProvider.System);

        IReadOnlyList<HistoryEntry> read = await history.ReadAsync(TimeProvider.System);

        Assert.Equal([("1", "ñandú\n\u202e"), ("2", "file")], read.Select(entry => (entry.Id, entry.What)));
        Assert.Equal(new HistorySource("peer", "ana", 5, 1), Assert.Single(read[0].Sources));
        Assert.Equal(2, (await File.ReadAllLinesAsync(Files.History, TestContext.Current.CancellationToken)).Length);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Files.History));
        }

        history.Clear();
        Assert.Empty(await history.ReadAsync(TimeProvider.System));
    }

    [Fact]
    public async Task Add_WithoutEnd_KeepsTheNewestAndStaysWithinItsBound()
    {
        TransferHistory history = new(Files);
        var what = new string('x', 60_000);
        for (var i = 0; i < 60; i++)
        {
            await history.AddAsync(Entry($"{i}", what), TimeProvider.System);
            Assert.InRange(new FileInfo(Files.History).Length, 1, TransferHistory.MostBytes);
        }

        var kept = (await history.ReadAsync(TimeProvider.System)).Select(entry => int.Parse(entry.Id, null)).ToList();

        Assert.InRange(kept.Count, 5, 30);
        Assert.Equal(Enumerable.Range(60 - kept.Count, kept.Count), kept);
    }

    [Fact]
    public async Task Read_TornOrForeignLines_ArePassedOver()
    {
        TransferHistory history = new(Files);
        await history.AddAsync(Entry("1"), TimeProvider.System);
        await File.AppendAllTextAsync(Files.History, "nonsense\n{\"id\":\"torn", TestContext.Current.CancellationToken);
        await history.AddAsync(Entry("2"), TimeProvider.System);

        Assert.Equal(["1", "2"], (await history.ReadAsync(TimeProvider.System)).Select(entry => entry.Id));
    }

    [Fact]
    public async Task Add_ManyAtOnce_AllAreThere()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => new TransferHistory(Files).AddAsync(Entry($"{i}"), TimeProvider.System))));

        Assert.Equal(20, (await new TransferHistory(Files).ReadAsync(TimeProvider.System)).DistinctBy(entry => entry.Id).Count());
    }

    static HistoryEntry Entry(string id, string what = "file") => new(
        id, "get", what, "/target", DateTimeOffset.UnixEpoch, 1.5, HistoryEntry.Done, 0, 1, 0, 5, 5, [new HistorySource("peer", "ana", 5, 1)]);
}
