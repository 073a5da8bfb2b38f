using FsCheck;
using FsCheck.Fluent;
using P2P.Content;
using P2P.Peers.Fetching;

namespace P2P.Peers.Tests.Fetching;

public sealed class PieceSchedulerTests
{
    const int Piece = PieceGeometry.MinPieceSize;
    const double Fast = 10_000_000;

    static readonly FetchFault[] Faults = Enum.GetValues<FetchFault>();

    [Fact]
    public void Run_AnySourcesOneHonest_FinishesAndKeepsEveryRule()
    {
        Gen<SimulatedSource> any =
            from rate in Gen.Choose(1, 2000)
            from parts in Gen.Choose(0, 3)
            from seed in Gen.Choose(1, 1000)
            from failsAfter in Gen.Choose(-1, 20)
            from fault in Gen.Elements(Faults)
            select new SimulatedSource(rate * 10_000.0, parts == 0 ? Part(seed) : null, failsAfter, fault);
        Gen<(int, SimulatedSource[])> cases =
            from pieces in Gen.Choose(1, 300)
            from others in any.ListOf(6)
            from place in Gen.Choose(0, 6)
            select (pieces, (SimulatedSource[])[.. others.Take(place), new SimulatedSource(200_000), .. others.Skip(place)]);
        Prop.ForAll(cases.ToArbitrary(), c => new SchedulerSimulation(Geometry(c.Item1), c.Item2, SchedulerOptions.Default).Run().IsDone)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Run_EveryPieceSomewhere_FinishesFromPartialSources()
    {
        Gen<(int, int)> cases = from pieces in Gen.Choose(1, 300) from peers in Gen.Choose(1, 8) select (pieces, peers);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var sources = Enumerable.Range(0, c.Item2).Select(i => new SimulatedSource(Fast, piece => piece % c.Item2 == i)).ToArray();
            return new SchedulerSimulation(Geometry(c.Item1), sources, SchedulerOptions.Default).Run().IsDone;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void Run_OneSource_AsksForNoByteTwice()
    {
        SchedulerSimulation run = new SchedulerSimulation(Geometry(777), [new SimulatedSource(Fast)], SchedulerOptions.Default).Run();

        Assert.Equal(777L * Piece - 1, run.BytesSent);
    }

    [Fact]
    public void Run_EqualSources_ShareTheTime()
    {
        SimulatedSource[] four = [.. Enumerable.Repeat(new SimulatedSource(Fast), 4)];

        TimeSpan alone = new SchedulerSimulation(Geometry(1000), four[..1], SchedulerOptions.Default).Run().Now;
        TimeSpan together = new SchedulerSimulation(Geometry(1000), four, SchedulerOptions.Default).Run().Now;

        Assert.True(together < alone / 3, $"{together} against {alone}");
    }

    [Fact]
    public void Run_OneSourceAThousandTimesSlower_HoldsNobodyUp()
    {
        SchedulerSimulation run = new SchedulerSimulation(
            Geometry(1000), [new SimulatedSource(Fast), new SimulatedSource(Fast / 1000)], SchedulerOptions.Default).Run();

        double alone = 1000.0 * Piece / Fast;
        Assert.True(run.Now.TotalSeconds < alone * 1.2, $"{run.Now.TotalSeconds} against {alone}");
    }

    [Fact]
    public void Book_SourceThatLied_IsNeverAskedAgain()
    {
        PieceScheduler scheduler = New(10);
        int liar = scheduler.AddSource();
        Booking booking = scheduler.Book(liar, TimeSpan.Zero)!;

        scheduler.Fail(liar, new FetchFailure(FetchFault.WrongBytes, "Lie."), TimeSpan.Zero);
        scheduler.Release(booking);
        scheduler.Revive(liar);

        Assert.Null(scheduler.Book(liar, TimeSpan.FromHours(1)));
        Assert.True(scheduler.IsBanned(liar));
        Assert.False(scheduler.HasHope);
    }

    [Fact]
    public void Book_SourceThatVanished_IsAskedAgainAfterAWaitAndThenGivenUp()
    {
        PieceScheduler scheduler = New(10);
        int source = scheduler.AddSource();
        TimeSpan now = TimeSpan.Zero;
        for (int failure = 1; failure <= SchedulerOptions.Default.MaxFailures; failure++)
        {
            Booking booking = scheduler.Book(source, now)!;
            scheduler.Fail(source, new FetchFailure(FetchFault.Unavailable, "Gone."), now);
            scheduler.Release(booking);
            Assert.Null(scheduler.Book(source, now));
            now = scheduler.NextReady(now) ?? now;
        }

        Assert.True(scheduler.IsOut(source));
        scheduler.Revive(source);
        Assert.NotNull(scheduler.Book(source, now));
    }

    [Fact]
    public void Book_BusySource_IsAskedAgainWhenItSays()
    {
        PieceScheduler scheduler = New(10);
        int source = scheduler.AddSource();

        scheduler.Fail(source, new FetchFailure(FetchFault.Busy, "Wait.", RetryAfter: TimeSpan.FromSeconds(30)), TimeSpan.Zero);

        Assert.Null(scheduler.Book(source, TimeSpan.FromSeconds(29)));
        Assert.NotNull(scheduler.Book(source, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Book_SomePartialSources_TakesTheRarestPieceFirst()
    {
        PieceScheduler scheduler = New(20);
        int all = scheduler.AddSource();
        scheduler.AddSource(piece => piece != 13);
        scheduler.AddSource(piece => piece != 13 && piece != 7);

        Assert.Equal(13, scheduler.Book(all, TimeSpan.Zero)!.First);
    }

    [Fact]
    public void Book_AllSources_AskForNoMoreThanAKillMayCost()
    {
        PieceScheduler scheduler = New(2000);
        long bytes = 0;
        for (int i = 0; i < 20; i++)
            scheduler.AddSource();
        for (int i = 0; i < 20; i++)
        {
            while (scheduler.Book(i, TimeSpan.Zero) is { } booking)
                bytes += (booking.End - booking.First) * Piece;
        }

        Assert.InRange(bytes, 1, SchedulerOptions.Default.MaxInFlight);
    }

    [Fact]
    public void Book_OnlyMarkedPiecesLeft_AsksForNothing()
    {
        PieceScheduler scheduler = new(Geometry(5), _ => true, SchedulerOptions.Default);
        int source = scheduler.AddSource();

        Assert.True(scheduler.IsDone);
        Assert.Null(scheduler.Book(source, TimeSpan.Zero));
    }

    static PieceScheduler New(int pieces) => new(Geometry(pieces), _ => false, SchedulerOptions.Default);

    static PieceGeometry Geometry(int pieces) => new((long)pieces * Piece - 1, Piece);

    // A repeatable choice of about half the pieces.
    static Func<long, bool> Part(int seed) => piece => (piece * 2654435761L + seed * 40503L) % 7 < 4;
}
