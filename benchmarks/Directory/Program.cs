using P2P.DirectoryBench;

// dotnet run -c Release --project benchmarks/Directory [PEERS BATCHES]
// dotnet run -c Release --project benchmarks/Directory guessing
// dotnet run -c Release --project benchmarks/Directory postgres "Host=…" [PEERS BATCHES]     (empties that database)
//
// One directory, published into by PEERS peers with BATCHES x 1,000 files each (default 20 and 50: a million files), killed and started again.
// Everything runs on this machine at once, the clients too: what counts are the ratios and the directory's own processor time.
if (await GuessReport.GuessesAsync(args))
{
    return;
}

var (peers, batches) = args is [.., var first, var second] && int.TryParse(first, out var asked) ? (asked, int.Parse(second, null)) : (20, 50);
var folder = System.IO.Directory.CreateTempSubdirectory("p2p-bench-");
try
{
    if (args is ["guessing"])
    {
        await GuessReport.RunAsync(folder.FullName);
        return;
    }

    if (args is ["postgres", var store, ..])
    {
        await PostgresReport.RunAsync(folder.FullName, store, peers, batches);
        return;
    }

    TimeSpan empty;
    double emptyMemory;
    using (var directory = RunningDirectory.Start(folder.FullName))
    {
        (empty, emptyMemory) = (directory.UntilReady, directory.MemoryMiB);
        await CallReport.RenewalsAsync(directory);
        await PublishReport.SmallBatchesAsync(directory);
        await PublishReport.ManyFilesAsync(directory, folder.FullName, peers, batches);
        await SearchReport.CostAsync(directory, peers, batches);
        Console.WriteLine($"memory         in quiet again {directory.MemoryMiB:N0} MiB: {(directory.MemoryMiB - emptyMemory) * 1048576 / (peers * batches * 1000.0):N1} bytes a file");
        await CallReport.SearchesAsync(directory);
    }

    using (var directory = RunningDirectory.Start(folder.FullName))
    {
        double files = peers * batches * 1000;
        var rebuild = directory.UntilReady - empty;
        var before = directory.MemoryMiB;
        // The index is made meanwhile, and what was needed for that let go of.
        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System);
        await CallReport.SearchesAsync(directory);
        Console.WriteLine($"memory         after the restart {before:N0} MiB, with its index and after searches {directory.MemoryMiB:N0} MiB; an empty directory {emptyMemory:N0} MiB: {(directory.MemoryMiB - emptyMemory) * 1048576 / files:N1} bytes a file");
        Console.WriteLine($"restart        after kill -9, {files:N0} files: ready after {directory.UntilReady.TotalSeconds:N2} s, {empty.TotalSeconds:N2} s of which an empty directory takes too; {files / rebuild.TotalSeconds:N0} files/s");
    }

    LeaseReport.Run();
}
finally
{
    folder.Delete(recursive: true);
}
