using P2P.Content;
using P2P.Peers.Local;

namespace P2P.Peers.Dialing;

/// <summary>The identity in a data folder, made or read when it is first needed: what stays on one machine needs none.</summary>
sealed class OwnIdentity(DaemonFiles files, TimeProvider time) : IDisposable
{
    readonly Lazy<NodeIdentity> _identity = new(() =>
    {
        files.Create();
        return NodeIdentity.Open(files.Identity, [], time);
    });

    public NodeIdentity Value => _identity.Value;

    public void Dispose()
    {
        if (_identity.IsValueCreated)
        {
            _identity.Value.Dispose();
        }
    }
}
