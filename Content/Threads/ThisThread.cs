using System.ComponentModel;
using System.Runtime.InteropServices;

namespace P2P.Content;

/// <summary>What a thread says about itself to the system.</summary>
public static partial class ThisThread
{
    /// <summary>
    /// From now on this thread runs with about a tenth of the weight of others, where processors are short, and at once where they are not.
    /// On Linux by its nice value, which each thread has for itself there: .NET's own priorities do nothing on Linux.
    /// </summary>
    /// <exception cref="Win32Exception">The system refused it.</exception>
    public static void GiveWay()
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
        else if (SetPriority(OfProcess, ThisOne, Nice) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    const int OfProcess = 0;
    const uint ThisOne = 0;
    const int Nice = 10;

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, uint who, int value);
}
