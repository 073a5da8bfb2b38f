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

    const int Step = 10;

    [LibraryImport("libc", EntryPoint = "nice")]
    private static partial int Nice(int increment);
}
