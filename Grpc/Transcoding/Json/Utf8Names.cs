namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>A fixed table from UTF-8 names to values: open addressing, no allocation on a look-up. The first of equal names wins.</summary>
sealed class Utf8Names<T>
{
    readonly (byte[]? Name, T Value)[] _slots;
    readonly int _longest;

    public Utf8Names(IReadOnlyCollection<(byte[] Name, T Value)> entries)
    {
        _slots = new (byte[]?, T)[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(entries.Count * 2) + 1)];
        foreach (var (name, value) in entries)
        {
            _longest = Math.Max(_longest, name.Length);
            ref var slot = ref Find(name);
            if (slot.Name is null)
            {
                slot = (name, value);
            }
        }
    }

    public bool TryGet(ReadOnlySpan<byte> name, out T value)
    {
        if (name.Length > _longest)
        {
            value = default!;
            return false;
        }
        ref var slot = ref Find(name);
        value = slot.Value;
        return slot.Name is not null;
    }

    ref (byte[]? Name, T Value) Find(ReadOnlySpan<byte> name)
    {
        // The table is at most half full, so that an empty slot always ends the search.
        for (var at = Hash(name); ; at++)
        {
            ref var slot = ref _slots[at & (uint)(_slots.Length - 1)];
            if (slot.Name is null || name.SequenceEqual(slot.Name))
            {
                return ref slot;
            }
        }
    }

    static uint Hash(ReadOnlySpan<byte> name)
    {
        var hash = 2166136261u;
        foreach (var letter in name)
        {
            hash = (hash ^ letter) * 16777619u;
        }
        return hash ^ (hash >> 15);
    }
}
