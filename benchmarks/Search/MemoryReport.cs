using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using P2P.Server.Catalogs;

namespace P2P.Benchmarks.Search;

/// <summary>What the names cost in memory.</summary>
static class MemoryReport
{
    public static long Resident()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    public static void Print(CatalogIndex index, long empty, int names)
    {
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        var postings = index.Names.Snapshot.Parts.Sum(part => part.Names.Postings.Size + part.Folders.Postings.Size);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"memory a name, root, size and time included: heap {heap / (double)names:N1} B, process {(Resident() - empty) / (double)names:N1} B; "
            + $"of it the index {postings / (double)names:N1} B"));
    }
}
