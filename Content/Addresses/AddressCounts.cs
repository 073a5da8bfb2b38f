using System.Collections.Concurrent;
using System.Net;

namespace P2P.Content;

/// <summary>Counts what each address has open (see <see cref="AddressGroup"/>), up to a bound. Nothing is kept of one that has nothing open.</summary>
/// <param name="most">Open at once for one address; 0 for no limit.</param>
public sealed class AddressCounts(int most)
{
    readonly ConcurrentDictionary<IPAddress, int> _open = new();

    /// <summary>Counts one more until disposal; null if the address has as many as it may.</summary>
    public IDisposable? TryEnter(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var place = new Place(this, AddressGroup.Of(address));
        if (most == 0 || _open.AddOrUpdate(place.Address, 1, (_, count) => count + 1) <= most)
            return place;
        place.Dispose();
        return null;
    }

    void Leave(IPAddress address)
    {
        if (most > 0 && _open.AddOrUpdate(address, 0, (_, count) => count - 1) <= 0)
        {
            // Only as long as it is 0: another may have come between.
            _open.TryRemove(KeyValuePair.Create(address, 0));
        }
    }

    sealed class Place(AddressCounts owner, IPAddress address) : IDisposable
    {
        int _isLeft;

        public IPAddress Address => address;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
                owner.Leave(address);
        }
    }
}
