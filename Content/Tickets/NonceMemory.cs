namespace P2P.Content;

/// <summary>
/// Which tickets were redeemed, by key and nonce, for as long as they could come again. Not safe for several threads at once.
/// </summary>
/// <param name="most">Tickets that it remembers; when they are as many, and none is over, the next is refused rather than one forgotten.</param>
sealed class NonceMemory(int most)
{
    readonly Dictionary<string, OfKey> _keys = new(StringComparer.Ordinal);
    int _count;

    /// <summary>Redeems a ticket whose words were verified.</summary>
    /// <param name="now">By <see cref="DirectoryClock"/>, which may have been set back since the last call.</param>
    public TicketRefusal Redeem(string keyId, Ticket ticket, DateTimeOffset now)
    {
        Forget(now);
        if (!_keys.TryGetValue(keyId, out OfKey? redeemed))
            _keys[keyId] = redeemed = new OfKey();
        // Set back clocks make tickets young again whose nonces are forgotten.
        if (ticket.Expires <= redeemed.ForgottenUntil)
            return TicketRefusal.Expired;
        if (redeemed.Nonces.Contains(ticket.Nonce))
            return TicketRefusal.Replayed;
        if (_count >= most)
            return TicketRefusal.Busy;
        redeemed.Nonces.Add(ticket.Nonce);
        redeemed.ByEnd.Enqueue(ticket.Nonce, ticket.Expires);
        _count++;
        return TicketRefusal.None;
    }

    /// <summary>Lets go of keys that are published no more: their tickets are refused for that alone.</summary>
    public void Keep(TicketKeySet keys)
    {
        foreach (string gone in _keys.Keys.Where(key => !keys.Knows(key)).ToList())
        {
            _count -= _keys[gone].Nonces.Count;
            _keys.Remove(gone);
        }
    }

    void Forget(DateTimeOffset now)
    {
        DateTimeOffset over = now.AddSeconds(-Ticket.ToleranceSeconds);
        foreach (OfKey key in _keys.Values)
        {
            while (key.ByEnd.TryPeek(out string? nonce, out DateTimeOffset end) && end <= over)
            {
                key.ByEnd.Dequeue();
                key.Nonces.Remove(nonce);
                key.ForgottenUntil = end > key.ForgottenUntil ? end : key.ForgottenUntil;
                _count--;
            }
        }
    }

    sealed class OfKey
    {
        public HashSet<string> Nonces { get; } = new(StringComparer.Ordinal);

        public PriorityQueue<string, DateTimeOffset> ByEnd { get; } = new();

        public DateTimeOffset ForgottenUntil { get; set; } = DateTimeOffset.MinValue;
    }
}
