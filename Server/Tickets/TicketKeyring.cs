using System.Collections.Immutable;
using System.Security.Cryptography;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Tickets;

/// <summary>A key, when it began to sign, and, once another one does, since when that is so.</summary>
sealed record StoredTicketKey(DateTimeOffset Created, DateTimeOffset? Retired, byte[] PrivateKey);

/// <summary>
/// The keys that sign tickets: one that does, and those that did until a short time ago, whose tickets may still be on their way. They
/// are in the store before the first ticket is signed with them.
/// </summary>
sealed class TicketKeyring(IDirectoryStore store, KeyedLocks locks, DirectoryClock clock, TicketOptions options)
{
    /// <summary>The setting that holds them.</summary>
    public const string Setting = "ticket-keys";

    /// <summary>By which the clocks of two directories over one store may differ.</summary>
    static readonly TimeSpan Skew = TimeSpan.FromSeconds(Ticket.ToleranceSeconds);

    /// <summary>For how long a key is published that no longer signs: the life of its last ticket, and the difference of two clocks.</summary>
    static readonly TimeSpan Afterlife = TimeSpan.FromSeconds(Ticket.MostSeconds + (2 * Ticket.ToleranceSeconds));

    volatile ImmutableList<StoredTicketKey> _keys = [];
    volatile TicketKey? _current;
    volatile IReadOnlyList<JsonWebKey> _published = [];

    /// <summary>The one that signs.</summary>
    public TicketKey Current => _current ?? throw new InvalidOperationException("No key was loaded or made yet.");

    /// <summary>For anyone to read: the current one first.</summary>
    public IReadOnlyList<JsonWebKey> Published => _published;

    /// <summary>
    /// Takes up the stored keys. Where the clock is behind them, it was set back since: then they go, for tickets that they signed would
    /// become good again. The caller holds the settings' lock.
    /// </summary>
    public async Task LoadAsync(byte[]? stored)
    {
        var keys = stored is null ? [] : Read(stored);
        var now = clock.Now;
        await TurnAsync(keys.Exists(key => key.Created > now + Skew) ? [] : keys).ConfigureAwait(false);
    }

    /// <summary>Takes over what another directory of the same store has made.</summary>
    public void Apply(SettingSaved setting)
    {
        if (setting.Name == Setting)
        {
            Use(Read(setting.Value));
        }
    }

    /// <summary>Makes a new key when the current one has signed for long enough, and lets old ones go.</summary>
    public async Task TurnAsync()
    {
        if (Turned(_keys, clock.Now) != _keys)
        {
            using var held = await locks.EnterAsync(default, KeyedLocks.Settings).ConfigureAwait(false);
            await TurnAsync(_keys).ConfigureAwait(false);
        }
    }

    async Task TurnAsync(ImmutableList<StoredTicketKey> before)
    {
        var after = Turned(before, clock.Now);
        if (after != before)
        {
            await store.CommitAsync([new SettingSaved(Setting, Write(after))]).ConfigureAwait(false);
        }

        Use(after);
    }

    ImmutableList<StoredTicketKey> Turned(ImmutableList<StoredTicketKey> keys, DateTimeOffset now)
    {
        keys = keys.RemoveAll(key => key.Retired + Afterlife < now);
        if (keys.Count > 0 && keys[0].Created.AddHours(options.KeyHours) > now)
        {
            return keys;
        }

        using var made = TicketKey.Create();
        return keys.ConvertAll(key => key.Retired is null ? key with { Retired = now } : key)
            .Insert(0, new StoredTicketKey(now, null, made.Export()));
    }

    /// <summary>The first one signs. A key that is replaced is left to those who are just signing with it.</summary>
    void Use(ImmutableList<StoredTicketKey> keys)
    {
        var open = keys.ConvertAll(key => TicketKey.Import(key.PrivateKey));
        _published = [.. open.Select(key => key.Public)];
        _current = open[0];
        _keys = keys;
    }

    static byte[] Write(ImmutableList<StoredTicketKey> keys)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(keys.Count);
        foreach (var key in keys)
        {
            writer.Write(key.Created.ToUnixTimeMilliseconds());
            writer.Write(key.Retired?.ToUnixTimeMilliseconds() ?? 0);
            writer.Write(key.PrivateKey.Length);
            writer.Write(key.PrivateKey);
        }

        writer.Flush();
        return bytes.ToArray();
    }

    static ImmutableList<StoredTicketKey> Read(byte[] stored)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(stored));
            return [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => ReadKey(reader))];
        }
        catch (Exception damage) when (damage is IOException or ArgumentException or CryptographicException)
        {
            throw new StoreUnusableException("The keys that sign tickets cannot be read.", damage);
        }
    }

    static StoredTicketKey ReadKey(BinaryReader reader)
    {
        var created = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
        var retired = reader.ReadInt64();
        var key = new StoredTicketKey(
            created, retired == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(retired), reader.ReadBytes(reader.ReadInt32()));
        using var check = TicketKey.Import(key.PrivateKey);
        return key;
    }
}
