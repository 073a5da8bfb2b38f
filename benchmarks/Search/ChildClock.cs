using System.Runtime.InteropServices;

namespace P2P.Benchmarks.Search;

/// <summary>CPU time of the children that have ended.</summary>
static class ChildClock
{
    const int Children = -1;

    public static TimeSpan Now
    {
        get
        {
            var usage = new long[32];
            return getrusage(Children, usage) == 0
                ? TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3])
                : throw new InvalidOperationException("There is no account of the children's CPU time.");
        }
    }

    [DllImport("libc")]
    static extern int getrusage(int who, [Out] long[] usage);
}
