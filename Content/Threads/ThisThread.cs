using System.Runtime.InteropServices;

namespace P2P.Content;

/// <summary>What a thread says about itself to the system.</summary>
public static partial class ThisThread
{
    /// <summary>
    /// From now on this thread runs where no other wants the processor: who wakes up goes before it at once, and of what all want it gets next
    /// to nothing. On Linux by its policy, SCHED_IDLE of sched(7), which each thread has for itself: .NET's own priorities do nothing there.
    /// </summary>
    public static void GiveWay()
    {
        if (OperatingSystem.IsLinux())
        {
            // Everyone may; only where system calls are filtered can it fail, and then the thread is one like others.
            var priority = 0;
            _ = Syscall(SetScheduler, 0, PolicyIdle, ref priority);
        }
        else
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
    }

    const nint PolicyIdle = 5;

    /// <summary>The number of sched_setscheduler: not every C library's function of that name does what it says.</summary>
    static nint SetScheduler => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 144 : 119;

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Syscall(nint number, nint thread, nint policy, ref int priority);
}
