using System.Diagnostics.CodeAnalysis;
using P2P.Server.Catalogs;

namespace P2P.Server.Sessions;

/// <summary>A session. What identifies it never changes; the lease belongs to <see cref="LeaseBook"/>.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A source of cancellation without a timer or a link holds nothing to dispose of.")]
sealed class Session(string tokenHash, string user, LivePeer? peer, string? keyPrint)
{
    readonly CancellationTokenSource _ended = new();
    readonly CancellationTokenSource _revoked = new();
    long _expires;
    volatile int _leaseSeconds;

    /// <summary>SHA-256 of the token, in hexadecimal; the token itself is kept nowhere.</summary>
    public string TokenHash { get; } = tokenHash;

    public string User { get; } = user;

    /// <summary>Unset for a reader.</summary>
    public LivePeer? Peer { get; } = peer;

    /// <summary>Cancelled when the session has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>
    /// Cancelled when it was ended on purpose: by a logout, another session in its place or an operator. One whose lease ran out may be in the
    /// middle of a transfer, and only cut off from the directory.
    /// </summary>
    public CancellationToken Revoked => _revoked.Token;

    /// <summary>Print of the key that its login proved: a peer's identifier, or a reader's. Null if it proved none.</summary>
    public string? KeyPrint { get; } = keyPrint;

    /// <summary>The address that its Login came from; empty for a reader that was there before a restart.</summary>
    public string Source { get; init; } = "";

    public int LeaseSeconds
    {
        get => _leaseSeconds;
        internal set => _leaseSeconds = value;
    }

    internal void End(bool isRevoked)
    {
        if (isRevoked)
        {
            _revoked.Cancel();
        }

        _ended.Cancel();
    }

    /// <summary>On the directory's own clock, in seconds since it started.</summary>
    internal long Expires
    {
        get => Interlocked.Read(ref _expires);
        set => Interlocked.Exchange(ref _expires, value);
    }
}
