using P2P.Content;
using P2P.Peers.Serving;
using P2P.Peers.Session;
using P2P.Peers.Sharing;
using P2P.Peers.Tests.Session;

namespace P2P.Peers.Tests.Serving;

/// <summary>A source's gate, and the directory that gives tickets for it.</summary>
sealed class Gates : IDisposable
{
    readonly TimeProvider _time;
    readonly TicketAuthority _authority;

    public Gates(TimeProvider time, GrantOptions? options = null)
    {
        _time = time;
        _authority = new TicketAuthority(Directory, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Grants = new GrantBook(options ?? new GrantOptions(), time);
        Gate = new TicketGate(new TicketDoor(Own, IsTls: true), Grants, _authority.Verifier, _authority);
        Directory.Keys = TicketKeySet.Of([Key.Public]);
    }

    public static string Own { get; } = new('5', KeyPrint.Length);

    public FakeDirectory Directory { get; } = new();

    public TicketKey Key { get; } = TicketKey.Create();

    public GrantBook Grants { get; }

    public ITicketKeys Authority => _authority;

    public TicketGate Gate { get; }

    /// <summary>The gate of a source that serves in the clear.</summary>
    public static GuardedLookup Open(CatalogState state, TimeProvider time)
    {
        using var gates = new Gates(time);
        return new GuardedLookup(new ContentLookup(state), new TicketGate(new TicketDoor(Own, IsTls: false), gates.Grants, gates._authority.Verifier, gates._authority));
    }

    public string Ticket(string subject, GrantedUse use, string? audience = null) => Key.Sign(new Ticket(
        audience ?? Own, subject, use.Content, TicketKey.NewNonce(), _time.GetUtcNow().Rounded(), _time.GetUtcNow().Rounded().AddSeconds(60), use.ForUpload));

    public void Dispose()
    {
        Key.Dispose();
        _authority.Dispose();
    }
}

static class RoundedTime
{
    /// <summary>Tickets know whole seconds.</summary>
    public static DateTimeOffset Rounded(this DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
