using P2P.Contracts.DirectoryV1;
using P2P.Server.Store;
using P2P.Server.Store.Postgres;

namespace P2P.Server.Tests.Store.Postgres;

public sealed class CommitPlanTests
{
    static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);

    /// <summary>One of each kind; a kind that is missing here is a kind that nobody has thought of.</summary>
    static readonly StoreChange[] EveryKind =
    [
        new SettingSaved("s", [1, 0, 255]),
        new AccountSaved("ana", "hash", Role.Operator, ["g 1", "ü"], true, Time, ["k"]),
        new InvitationSaved("code", "", Role.Reader, [], Time),
        new InvitationSpent("code"),
        new BlockSaved("aa", true, "why", "ana", Time),
        new BlockLifted("bb", false),
        new AuditSaved("1", Time, "ana", "BanPeer", "p", "why"),
        new AuditForgotten("0"),
        new SessionSaved("t", "ana", 60, new PeerInfo { PeerId = "p", Addresses = { "10.0.0.1:1" } }),
        new SessionSaved("reader", "ana", 60, null, "print"),
        new SessionEnded("t", ErrorReason.Replaced, Time),
        new SessionForgotten("t"),
        new SessionForgotten("u", IsRevoked: true),
        new BatchSaved("p", 1024, new PublishRequest { Upserts = { new FileEntry { Path = "a/b", Size = 1 } } }),
        new HeadSaved("p", 1024, "c", 7, Time),
        new StagedDropped("p", 2048),
        new CatalogDropped("p"),
        new LeasesRenewed(["t", "u"]),
        new GrantsRevoked("k", ["p", "q"]),
    ];

    [Fact]
    public void EveryKind_IsComplete() => Assert.Equal(
        typeof(StoreChange).Assembly.GetTypes().Where(type => type.BaseType == typeof(StoreChange)).Select(type => type.Name).Order(),
        EveryKind.Select(change => change.GetType().Name).Distinct().Order());

    [Fact]
    public void ReadLog_OfEveryKind_GivesTheChangesBack()
    {
        var plan = CommitPlan.Of(EveryKind.Where(change => change is not (CatalogDropped or StagedDropped)));
        var read = CommitPlan.ReadLog(plan.Log, ordinal => plan.Batches.GetValueOrDefault(ordinal)).ToList();
        Assert.Equal(
            EveryKind.Where(change => change is not (CatalogDropped or StagedDropped)).Select(Text),
            read.Select(Text));
    }

    [Fact]
    public void Read_UnknownKind_SaysThatANewerProgramIsNeeded() =>
        Assert.Contains("newer", Assert.Throws<StoreUnusableException>(() => ChangeText.Read("Nonsense", "{}")).Message, StringComparison.Ordinal);

    /// <summary>A plan does to a store what its changes do one by one.</summary>
    [Fact]
    public void Of_RandomChanges_ComesToTheSameAsOneByOne()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var changes = Enumerable.Range(0, 30).Select(_ => Next(random)).ToList();
            var (whole, single) = (new Rows(), new Rows());
            var cut = random.Next(changes.Count);
            whole.Apply(CommitPlan.Of(changes[..cut]));
            whole.Apply(CommitPlan.Of(changes[cut..]));
            for (var i = 0; i < changes.Count; i++)
            {
                single.Apply(CommitPlan.Of([changes[i]]));
            }

            Assert.True(single.Facts.OrderBy(fact => fact.Key.ToString()).SequenceEqual(whole.Facts.OrderBy(fact => fact.Key.ToString())), $"facts of seed {seed}");
            Assert.True(single.Batches.Select(batch => batch.Path).SequenceEqual(whole.Batches.Select(batch => batch.Path)), $"batches of seed {seed}");
        }
    }

    static StoreChange Next(Random random)
    {
        var (peer, generation) = ($"p{random.Next(2)}", random.Next(1, 4));
        return random.Next(8) switch
        {
            0 => new HeadSaved(peer, generation, "c", random.Next(9), Time),
            1 => new StagedDropped(peer, generation),
            2 => new CatalogDropped(peer),
            3 => new SessionSaved($"t{random.Next(3)}", "ana", random.Next(99), null),
            4 => new SessionEnded($"t{random.Next(3)}", ErrorReason.LoggedOut, Time),
            5 => new SessionForgotten($"t{random.Next(3)}"),
            _ => new BatchSaved(peer, generation, new PublishRequest { Removes = { $"f{random.Next(1000)}" } }),
        };
    }

    static string Text(StoreChange change) => ChangeText.Kind(change) + ChangeText.Write(change);

    /// <summary>The tables, as far as a plan touches them.</summary>
    sealed class Rows
    {
        public Dictionary<FactKey, string> Facts { get; } = [];

        public List<(string Peer, long Generation, string Path)> Batches { get; } = [];

        public void Apply(CommitPlan plan)
        {
            foreach (var cut in plan.Cuts)
            {
                Batches.RemoveAll(batch => batch.Peer == cut.PeerId && batch.Generation >= cut.From && batch.Generation < cut.Below);
            }

            foreach (var (key, value) in plan.Facts)
            {
                if (value is null)
                {
                    Facts.Remove(key);
                }
                else
                {
                    Facts[key] = value;
                }
            }

            Batches.AddRange(plan.Batches.Values.Select(batch => (batch.PeerId, batch.Generation, batch.Batch.Removes[0])));
        }
    }
}
