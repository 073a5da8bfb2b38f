using System.Runtime.InteropServices;

namespace P2P.Benchmarks.Search;

/// <summary>CPU time of the calling thread, which on a busy machine says more than the clock on the wall.</summary>
static class ThreadClock
{
    const int ThreadCpuTime = 3;

    public static TimeSpan Now => clock_gettime(ThreadCpuTime, out var time) == 0
        ? TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / 100))
        : throw new InvalidOperationException("There is no clock of the thread's CPU time.");

    [StructLayout(LayoutKind.Sequential)]
    struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [DllImport("libc")]
    static extern int clock_gettime(int clock, out Time time);
}
