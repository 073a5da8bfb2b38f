using Microsoft.Extensions.Time.Testing;

namespace P2P.Content.Tests.Tickets;

/// <summary>A directory's key, a source's verifier, and a clock that only moves when it is told to.</summary>
sealed class TicketSamples : IDisposable
{
    public const string Source = "5a17ce0000000000000000000000000000000000000000000000000000000001";
    public const string Downloader = "d0e2000000000000000000000000000000000000000000000000000000000002";

    public TicketSamples(int mostRemembered = 1000)
    {
        Clock = new DirectoryClock(Time);
        Verifier = new TicketVerifier(Clock, mostRemembered) { Keys = TicketKeySet.Of([Key.Public]) };
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));

    public TicketKey Key { get; } = TicketKey.Create();

    public DirectoryClock Clock { get; }

    public TicketVerifier Verifier { get; }

    public static ContentId Content { get; } = new(new ContentRoot([.. Enumerable.Range(1, 32).Select(i => (byte)i)]), 123_456_789_012);

    public static TicketDemand Demand { get; } = new(Source, Downloader, Content);

    public Ticket New(int seconds = Ticket.MostSeconds) =>
        new(Source, Downloader, Content, TicketKey.NewNonce(), Time.GetUtcNow(), Time.GetUtcNow().AddSeconds(seconds));

    public TicketRefusal Redeem(string ticket) => Verifier.Redeem(ticket, Demand);

    public void Dispose() => Key.Dispose();
}
