using System.Runtime.InteropServices;

namespace P2P.Content;

/// <summary>What a thread says about itself to the system.</summary>
public static partial class ThisThread
{
    /// <summary>
    /// From now on this thread has about a tenth of the weight that it had, where processors are short, and no less where they are not.
    /// On Linux by its nice value, which each thread has for itself there: .NET's own priorities do nothing on Linux.
    /// </summary>
    public static void GiveWay()
    {
        if (OperatingSystem.IsLinux())
        {
            // Everyone may raise it, so that this cannot fail.
            _ = Nice(Step);
        }
        else
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
    }

    /// <summary>
    /// From now on others that wake up need not wait until this thread has had its turn (2.8 ms as a rule, however little its weight): Linux
    /// lets who asks for short turns go before who asks for long ones. Its share of the processors stays the same. Linux 6.12 and later; on
    /// others nothing changes.
    /// </summary>
    public static void TakeLongTurns()
    {
        if (OperatingSystem.IsLinux() && Calls is var (get, set))
        {
            var attributes = default(SchedulingAttributes);
            if (Syscall(get, 0, ref attributes, (nuint)Marshal.SizeOf<SchedulingAttributes>(), 0) == 0)
            {
                attributes.Runtime = LongTurn;
                // An older kernel takes no notice of it.
                _ = Syscall(set, 0, ref attributes, 0, 0);
            }
        }
    }

    const int Step = 10;

    /// <summary>In nanoseconds: the longest that there is.</summary>
    const ulong LongTurn = 100_000_000;

    /// <summary>The numbers of sched_getattr and sched_setattr, which the C library does not wrap everywhere.</summary>
    static (nint Get, nint Set)? Calls => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => (315, 314),
        Architecture.Arm64 => (275, 274),
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "nice")]
    private static partial int Nice(int increment);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Syscall(nint number, nint thread, ref SchedulingAttributes attributes, nuint sizeOrFlags, nuint flags);

    /// <summary>struct sched_attr of sched_setattr(2), in its first version.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct SchedulingAttributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;

        /// <summary>Of threads without a deadline: their turn.</summary>
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }
}
