using P2P.Server.Store;

namespace P2P.Server.Sessions;

/// <summary>
/// Locks by name, held across a commit: whoever reads, decides, commits and applies something about an account, an address or a peer
/// holds its name's lock. Names share a fixed number of locks, which are taken in one order, so that nobody waits in a circle.
/// Where several directories share a store, the names are locked there too, for all of them.
/// </summary>
/// <param name="shared">Unset for a directory with a store of its own.</param>
sealed class KeyedLocks(ISharedStore? shared = null)
{
    const int Stripes = 1024;

    readonly SemaphoreSlim[] _locks = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1))];

    public static string Account(string user) => "account " + user;

    public static string Invitation(string codeHash) => "invitation " + codeHash;

    public static string Place(string ip, int port) => $"place {ip} {port}";

    /// <summary>The directory's own settings, when it makes those that are not there yet.</summary>
    public static string Settings => "settings";

    public static string Peer(string peerId) => "peer " + peerId;

    /// <summary>
    /// What to hold to change a peer: its own lock and its address's, because another peer's login at that address ends it.
    /// </summary>
    public static string[] Peer(Catalogs.PeerIdentity peer) => [Peer(peer.PeerId), Place(peer.Ip, peer.Address.Port)];

    /// <summary>Waits for all the names' locks; disposing what it returns gives them back.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken, params string[] names)
    {
        var stripes = names
            .Select(name => (int)((uint)string.GetHashCode(name, StringComparison.Ordinal) % Stripes))
            .Distinct().Order().ToArray();
        var held = new Held(this, stripes);
        try
        {
            foreach (var stripe in stripes)
            {
                await _locks[stripe].WaitAsync(cancellationToken).ConfigureAwait(false);
                held.Count++;
            }

            held.Shared = shared is null ? null : await shared.LockAsync(names, cancellationToken).ConfigureAwait(false);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    sealed class Held(KeyedLocks owner, int[] stripes) : IDisposable
    {
        public int Count { get; set; }

        public IDisposable? Shared { get; set; }

        public void Dispose()
        {
            Shared?.Dispose();
            for (; Count > 0; Count--)
            {
                owner._locks[stripes[Count - 1]].Release();
            }
        }
    }
}
