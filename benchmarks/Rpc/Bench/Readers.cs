using System.Net;
using Bench.V1;
using Grpc.Net.Client;

namespace Bench;

/// <summary>Reads a stream twice, first to warm up, and says what the second time cost: CPU of this process, allocation, collections.</summary>
static class Readers
{
    const int WarmUp = 4;
    const int StreamWindow = 1024 * 1024;

    public static async Task<int> OursAsync(string address, int length, int count, bool inPlace)
    {
        using var handler = Handler();
        var options = new GrpcChannelOptions { HttpHandler = handler };
        if (inPlace)
        {
            options.BorrowedBytes.Add<Chunk>(Chunk.DataFieldNumber);
        }
        using var channel = GrpcChannel.ForAddress(address, options);
        var client = new V1.Bench.BenchClient(channel);
        return await MeasureAsync(length, count, async times =>
        {
            using var call = client.Download(new DownloadRequest { Length = length, Count = times, InPlace = inPlace });
            long bytes = 0;
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                bytes += call.ResponseStream.Current.Data.Length;
            }
            return bytes;
        });
    }

    /// <summary>Reads what is there, or with <paramref name="whole"/> fills the buffer each time, as a message has to lie in one piece.</summary>
    public static async Task<int> BareAsync(string address, int length, int count, bool whole)
    {
        using var http = new HttpClient(Handler()) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var buffer = new byte[length];
        return await MeasureAsync(length, count, async times =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{address}/stream/{length}/{times}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var stream = await response.Content.ReadAsStreamAsync();
            long bytes = 0;
            int read;
            while ((read = whole ? await stream.ReadAtLeastAsync(buffer, length, throwOnEndOfStream: false) : await stream.ReadAsync(buffer)) > 0)
            {
                bytes += read;
            }
            return bytes;
        });
    }

    /// <summary>Calls one after the other, and says p50 and p99 of how long one took, in microseconds.</summary>
    public static async Task<int> TimeAsync(string address, int count)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var client = new V1.Bench.BenchClient(channel);
        var request = new EchoRequest { Text = new string('x', 32), Number = 12345 };
        var times = new double[count];
        for (var i = -(count / WarmUp); i < count; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            await client.EchoAsync(request);
            times[Math.Max(i, 0)] = TimeProvider.System.GetElapsedTime(started).TotalMicroseconds;
        }
        Array.Sort(times);
        Console.WriteLine(FormattableString.Invariant($"{times[count / 2]:F0} {times[count * 99 / 100]:F0}"));
        return 0;
    }

    static SocketsHttpHandler Handler() => new() { InitialHttp2StreamWindowSize = StreamWindow };

    static async Task<int> MeasureAsync(int length, int count, Func<int, Task<long>> read)
    {
        await read(count / WarmUp);
        var (allocated, collections, cpu) = (GC.GetTotalAllocatedBytes(precise: true), GC.CollectionCount(2), Environment.CpuUsage.TotalTime);
        Console.WriteLine("warm");
        Console.ReadLine();
        var bytes = await read(count);
        if (bytes != (long)length * count)
        {
            throw new InvalidDataException($"{bytes} bytes came instead of {(long)length * count}.");
        }
        var spent = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        Console.WriteLine(FormattableString.Invariant(
            $"{spent:F3} {GC.GetTotalAllocatedBytes(precise: true) - allocated} {GC.CollectionCount(2) - collections}"));
        return 0;
    }
}
