using System.Diagnostics;
using System.Globalization;
using P2P.Content;

// usage: Hashing THREADS FILE. Prints bytes a second from memory, then from the file, which is in the page cache.
int threads = int.Parse(args[0], CultureInfo.InvariantCulture);
double memory = 0, cache = 0;
for (int round = 0; round < 4; round++)
{
    memory = Math.Max(memory, FromMemory());
    cache = Math.Max(cache, await FromFileAsync());
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{memory:0} {cache:0}"));

double FromMemory()
{
    const int blocks = 32_768;
    long started = Stopwatch.GetTimestamp();
    Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
    {
        byte[] block = new byte[TreeShape.BlockSize];
        MerkleHasher hasher = new();
        for (int i = 0; i < blocks; i++)
            hasher.Append(block);
        hasher.Finish();
    });
    return (double)threads * blocks * TreeShape.BlockSize / Stopwatch.GetElapsedTime(started).TotalSeconds;
}

async Task<double> FromFileAsync()
{
    long started = Stopwatch.GetTimestamp();
    FileHash? hash = await FileHasher.HashAsync(args[1], threads, progress: null, CancellationToken.None);
    return hash!.Content.Length / Stopwatch.GetElapsedTime(started).TotalSeconds;
}
