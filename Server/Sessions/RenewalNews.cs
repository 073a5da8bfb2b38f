using System.Collections.Concurrent;

namespace P2P.Server.Sessions;

/// <summary>Which sessions were renewed here since somebody asked; nothing where nobody asks.</summary>
sealed class RenewalNews(bool isShared)
{
    ConcurrentDictionary<string, bool> _renewed = new(StringComparer.Ordinal);

    public void Add(Session session)
    {
        if (isShared)
        {
            _renewed[session.TokenHash] = true;
        }
    }

    public IReadOnlyCollection<string> Take() =>
        [.. Interlocked.Exchange(ref _renewed, new ConcurrentDictionary<string, bool>(StringComparer.Ordinal)).Keys];
}
