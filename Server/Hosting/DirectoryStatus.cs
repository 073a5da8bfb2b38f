using System.Reflection;
using Google.Protobuf.WellKnownTypes;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Catalogs;
using P2P.Server.Lines;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>The program's version, as clients are told.</summary>
static class ProgramVersion
{
    public static string Text { get; } = typeof(ProgramVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}

/// <summary>Counts of what the directory holds and does.</summary>
sealed class DirectoryStatus(
    CatalogIndex index, SessionTable sessions, AccountTable accounts, AccessPolicy access, IDirectoryStore store, Passage passage,
    TimeProvider time)
{
    readonly DateTimeOffset _started = time.GetUtcNow();

    public StatsResponse ToMessage() => new()
    {
        Peers = index.Peers.Count,
        Sessions = sessions.Count,
        Files = index.FileCount,
        Contents = index.ContentCount,
        TotalSize = index.TotalSize,
        Accounts = accounts.Count,
        Started = Timestamp.FromDateTimeOffset(_started),
        ServerVersion = ProgramVersion.Text,
        Store = store.Engine,
        ReadOnly = store.IsReadOnly,
        Relays = passage.Count,
        RelayedBytes = passage.Bytes,
        Access = access.Mode == AccessMode.Open ? "open" : "members",
    };
}
