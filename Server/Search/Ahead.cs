using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace P2P.Server.Search;

/// <summary>Has memory fetched that is about to be read: what a search reads lies far apart, and waiting for it is most of its time.</summary>
static class Ahead
{
    public static unsafe void Fetch<T>(ref readonly T place)
        where T : unmanaged
    {
        // Where it points to after a collection does not matter: nothing is read through it.
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
        }
    }
}
