using System.Collections.Immutable;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Store;

namespace P2P.Server.Tests.Store;

/// <summary>What every engine promises. A class per engine opens its own; opening again is what a restart does.</summary>
public abstract class StoreConformance : IAsyncLifetime
{
    static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);

    /// <summary>Generations of the first directory that shares a store: their lowest digits are its number.</summary>
    const long Generation = SharedNumbers.Nodes;

    IDirectoryStore _store = null!;

    private protected abstract Task<IDirectoryStore> OpenAsync();

    public virtual async ValueTask InitializeAsync() => _store = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Load_AfterRestart_GivesBackWhatWasCommitted()
    {
        var account = new AccountSaved("ana", "hash", Role.Operator, ["g1", "g 2"], true, Time, ["k1"]);
        var session = new SessionSaved("t1", "ana", 60, new PeerInfo { PeerId = "p", Ip = "::1", Addresses = { "10.0.0.1:1" } });
        await _store.CommitAsync(
        [
            new SettingSaved("key", [1, 2]), account, new InvitationSaved("code", "", Role.Reader, [], Time),
            session, new SessionSaved("t2", "ana", 3600, null, "print"), new SessionEnded("t3", ErrorReason.Replaced, Time),
        ]);

        var loaded = await RestartAsync();
        Assert.Equal([1, 2], loaded.OfType<SettingSaved>().Single().Value);
        var ana = loaded.OfType<AccountSaved>().Single();
        Assert.Equal(account with { Groups = ana.Groups, Keys = ana.Keys }, ana);
        Assert.Equal([["g1", "g 2"], ["k1"]], new[] { ana.Groups, ana.Keys }.Select(list => list.ToArray()));
        Assert.Equal("code", loaded.OfType<InvitationSaved>().Single().CodeHash);
        Assert.Equal([session, new SessionSaved("t2", "ana", 3600, null, "print")], loaded.OfType<SessionSaved>().OrderBy(saved => saved.TokenHash));
        Assert.Equal(new SessionEnded("t3", ErrorReason.Replaced, Time), loaded.OfType<SessionEnded>().Single());
    }

    [Fact]
    public async Task Commit_LaterChangeOfTheSameThing_TakesItsPlace()
    {
        await _store.CommitAsync([new SessionSaved("t", "ana", 60, null), new InvitationSaved("code", "", Role.Reader, [], Time), Account("old")]);
        await _store.CommitAsync([new SessionEnded("t", ErrorReason.LoggedOut, Time), new InvitationSpent("code"), Account("new")]);

        var loaded = await RestartAsync();
        Assert.Empty(loaded.OfType<SessionSaved>());
        Assert.Empty(loaded.OfType<InvitationSaved>());
        Assert.Equal("new", loaded.OfType<AccountSaved>().Single().PasswordHash);
        Assert.Equal(ErrorReason.LoggedOut, loaded.OfType<SessionEnded>().Single().Reason);

        await _store.CommitAsync([new SessionForgotten("t")]);
        Assert.Empty((await RestartAsync()).OfType<SessionEnded>());
    }

    [Fact]
    public async Task Load_WhatOperatorsDid_IsGivenBackUntilItIsTakenBack()
    {
        var (ban, root) = (new BlockSaved("x", false, "why", "boss", Time), new BlockSaved("x", true, "", "boss", Time));
        var (first, second) = (new AuditSaved("1", Time, "boss", "BanPeer", "x", "why"), new AuditSaved("2", Time, "", "TakeDown", "x", ""));
        await _store.CommitAsync([ban, root, second, first]);

        var loaded = await RestartAsync();
        Assert.Equal([ban, root], loaded.OfType<BlockSaved>().OrderBy(block => block.IsRoot));
        Assert.Equal([first, second], loaded.OfType<AuditSaved>().OrderBy(act => act.Id, StringComparer.Ordinal));

        await _store.CommitAsync([new BlockLifted("x", false), new AuditForgotten("1")]);
        loaded = await RestartAsync();
        Assert.Equal([root], loaded.OfType<BlockSaved>());
        Assert.Equal([second], loaded.OfType<AuditSaved>());
    }

    [Fact]
    public async Task Load_Batches_ComeInTheirOrderBehindTheirHead()
    {
        for (var i = 1; i <= 20; i++)
        {
            await _store.CommitAsync([Head("p", Generation * 1, i), new BatchSaved("p", Generation * 1, Batch($"f{i}"))]);
        }

        var loaded = await RestartAsync();
        Assert.Equal(Head("p", Generation * 1, 20), loaded.OfType<HeadSaved>().Single());
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"f{i}"), Paths(loaded));
        Assert.True(loaded.FindIndex(change => change is HeadSaved) < loaded.FindIndex(change => change is BatchSaved));
    }

    [Fact]
    public async Task Load_StagedBatches_AreLeftOutUntilAHeadAdoptsThem()
    {
        await _store.CommitAsync([Head("p", Generation * 1, 1), new BatchSaved("p", Generation * 1, Batch("old"))]);
        await _store.CommitAsync([new BatchSaved("p", Generation * 2, Batch("new"))]);
        await _store.CommitAsync([Head("p", Generation * 1, 2), new BatchSaved("p", Generation * 1, Batch("old2"))]);
        Assert.Equal(["old", "old2"], Paths([.. _store.Load()]));

        await _store.CommitAsync([Head("p", Generation * 2, 1)]);
        Assert.Equal(["new"], Paths(await RestartAsync()));
    }

    [Fact]
    public async Task Load_StagedBatchesOfABrokenStream_NeverComeBack()
    {
        await _store.CommitAsync([Head("p", Generation * 1, 1), new BatchSaved("p", Generation * 1, Batch("old"))]);
        await _store.CommitAsync([new BatchSaved("p", Generation * 2, Batch("staged"))]);
        await RestartAsync();

        await _store.CommitAsync([Head("p", Generation * 2, 1), new BatchSaved("p", Generation * 2, Batch("new"))]);
        Assert.Equal(["new"], Paths(await RestartAsync()));
    }

    [Fact]
    public async Task Commit_ManyAtOnce_AllAreThere()
    {
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => _store.CommitAsync([new SessionSaved($"t{i:000}", "u", i, null)])));
        Assert.Equal(Enumerable.Range(0, 500), (await RestartAsync()).OfType<SessionSaved>().Select(saved => saved.LeaseSeconds).Order());
    }

    [Fact]
    public async Task Commit_CatalogDropped_TakesItsBatchesAlong()
    {
        await _store.CommitAsync([Head("p", Generation * 1, 1), new BatchSaved("p", Generation * 1, Batch("a")), Head("q", Generation * 1, 1), new BatchSaved("q", Generation * 1, Batch("b"))]);
        await _store.CommitAsync([new CatalogDropped("p")]);
        Assert.Equal(["b"], Paths(await RestartAsync()));
    }

    async Task<List<StoreChange>> RestartAsync()
    {
        await _store.DisposeAsync();
        _store = await OpenAsync();
        return [.. _store.Load()];
    }

    static AccountSaved Account(string hash) => new("ana", hash, Role.Sharer, ImmutableArray<string>.Empty, false, Time, []);

    static HeadSaved Head(string peer, long generation, long sequence) => new(peer, generation, "c", sequence, Time);

    static PublishRequest Batch(string path) => new() { Upserts = { new FileEntry { Path = path } } };

    static IEnumerable<string> Paths(List<StoreChange> loaded) =>
        loaded.OfType<BatchSaved>().SelectMany(batch => batch.Batch.Upserts).Select(file => file.Path);
}
