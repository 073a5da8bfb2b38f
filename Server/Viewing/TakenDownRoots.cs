using System.Collections.Concurrent;
using P2P.Content;

namespace P2P.Server.Viewing;

/// <summary>Roots that an operator has hidden from every answer.</summary>
sealed class TakenDownRoots
{
    readonly ConcurrentDictionary<ContentRoot, bool> _roots = new();
    volatile bool _any;

    public bool Any => _any;

    public bool Has(ContentRoot root) => _roots.ContainsKey(root);

    public void Set(ContentRoot root, bool isDown)
    {
        if (isDown)
        {
            _roots[root] = true;
        }
        else
        {
            _roots.TryRemove(root, out _);
        }

        _any = !_roots.IsEmpty;
    }
}
