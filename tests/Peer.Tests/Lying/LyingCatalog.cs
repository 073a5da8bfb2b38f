using Google.Api;
using Google.Protobuf;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Tests.Lying;

/// <summary>A source that serves contents as a behaviour says.</summary>
public sealed class LyingCatalog(Behavior behavior, params Sample[] samples) : Catalog.CatalogBase
{
    const int Chunk = 64 * 1024;
    const int DropsAfter = 1024 * 1024;
    const int TurnsAfter = 512 * 1024;

    // No shorter than what is asked for: a range that it does not have would be an honest failure.
    readonly Lazy<Sample> _other = new(() => new(samples.Max(sample => sample.Bytes.Length) + TreeShape.BlockSize, seed: 4711));
    long _sent;
    int _downloads;
    int _reads;
    int _running;

    /// <summary>Bytes of content that it sent, true or not.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Waited for before each message, with the bytes that were sent before it: to hold the source up.</summary>
    public Func<long, CancellationToken, Task>? Before { get; set; }

    /// <summary>Downloads and Reads that did not end yet.</summary>
    public int Running => Volatile.Read(ref _running);

    public int Downloads => Volatile.Read(ref _downloads);

    /// <summary>Whether it answers Read too, in its way; else it knows Download only.</summary>
    public bool OffersRead { get; init; }

    /// <summary>How often it was asked by Read.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>How often it was asked for bytes.</summary>
    public int Asked => Downloads + (OffersRead ? Reads : 0);

    /// <summary>As if nothing had been sent yet.</summary>
    public void Forget() => Interlocked.Exchange(ref _sent, 0);

    public override Task<DescribeResponse> Describe(DescribeRequest request, ServerCallContext context)
    {
        Sample sample = Find(request.Root);
        DescribeResponse answer = new()
        {
            Root = sample.Id.Root.ToString(),
            Length = sample.Id.Length,
            Path = "label/sample",
            Availability = new Availability { Complete = true },
        };
        if (request.Hashes is { } range)
        {
            Sample proved = behavior is Behavior.OtherContent or Behavior.ForeignProof ? _other.Value : sample;
            MerkleProof proof = proved.Tree.Prove(Math.Min(range.Layer, proved.Tree.Shape.Height), 0, 1);
            if (proved == sample)
                proof = proved.Tree.Prove(range.Layer, range.Index, range.Count);
            answer.HashesRange = range;
            answer.Hashes = ByteString.CopyFrom(proof.Nodes.Span);
            answer.Proof = ByteString.CopyFrom(proof.Uncles.Span);
        }

        return Task.FromResult(answer);
    }

    public override async Task Download(
        DownloadRequest request, IServerStreamWriter<DownloadResponse> responseStream, ServerCallContext context)
    {
        // Whoever sees that it was asked sees it run too.
        Interlocked.Increment(ref _running);
        Interlocked.Increment(ref _downloads);
        try
        {
            for (int number = 0; number < request.Ranges.Count; number++)
                await ServeAsync(request.Ranges[number], number, responseStream, context);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public override async Task Read(ReadRequest request, IServerStreamWriter<HttpBody> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _running);
        Interlocked.Increment(ref _reads);
        try
        {
            await AnswerAsync(request, responseStream, context);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    async Task AnswerAsync(ReadRequest request, IServerStreamWriter<HttpBody> responseStream, ServerCallContext context)
    {
        // The claims of these are in messages, which Read has not.
        if (!OffersRead || behavior is Behavior.WrongOffset or Behavior.WrongRange)
            throw new RpcException(new Status(StatusCode.Unimplemented, "It knows no Read."));
        long length = behavior switch
        {
            Behavior.Short => request.Count - 1,
            Behavior.Long => request.Count + 1,
            _ => request.Count,
        };
        context.GetHttpContext().Response.ContentLength = behavior == Behavior.Endless ? null : length;
        DownloadRange range = new() { Root = request.Root, Length = request.Length, Offset = request.Offset, Count = request.Count };
        await ServeAsync(range, 0, new BodyWriter(responseStream), context);
    }

    sealed class BodyWriter(IServerStreamWriter<HttpBody> stream) : IServerStreamWriter<DownloadResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(DownloadResponse message) => stream.WriteAsync(new HttpBody { Data = message.Data });
    }

    async Task ServeAsync(DownloadRange range, int number, IServerStreamWriter<DownloadResponse> responseStream, ServerCallContext context)
    {
        Sample sample = Find(range.Root);
        long end = range.Offset + (range.HasCount ? range.Count : sample.Bytes.Length - range.Offset);
        byte[] lie = [.. (behavior == Behavior.OtherContent ? _other.Value : sample).Bytes];
        Twist(lie, (int)range.Offset, (int)end);
        switch (behavior)
        {
            case Behavior.Silent:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
                return;
            case Behavior.Changed:
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "The file changed."));
            case Behavior.Busy:
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "No slot."));
            case Behavior.Short:
                end -= 1;
                break;
            case Behavior.Long:
                end = Math.Min(end + 1, lie.Length);
                break;
        }

        await SendAsync(responseStream, lie, range.Offset, end, number, context);
        while (behavior is Behavior.Long or Behavior.Endless)
        {
            await WriteAsync(responseStream, new byte[Chunk], end, number, context);
            end += Chunk;
            if (behavior == Behavior.Long)
                return;
        }
    }

    async Task SendAsync(IServerStreamWriter<DownloadResponse> stream, byte[] bytes, long from, long end, int number, ServerCallContext context)
    {
        for (long at = from; at < end;)
        {
            if (behavior == Behavior.DropsMidway && Sent > DropsAfter)
            {
                context.GetHttpContext().Abort();
                return;
            }

            int length = (int)Math.Min(behavior == Behavior.Trickling ? 1 : Chunk, end - at);
            long claimed = behavior == Behavior.WrongOffset ? at + TreeShape.BlockSize : at;
            await WriteAsync(stream, bytes.AsMemory((int)at, length), claimed, behavior == Behavior.WrongRange ? number + 1 : number, context);
            at += length;
            if (behavior == Behavior.Trickling)
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, context.CancellationToken);
        }
    }

    async Task WriteAsync(IServerStreamWriter<DownloadResponse> stream, ReadOnlyMemory<byte> data, long offset, int range, ServerCallContext context)
    {
        await (Before?.Invoke(Sent, context.CancellationToken) ?? Task.CompletedTask);
        await stream.WriteAsync(new DownloadResponse { RangeIndex = range, Offset = offset, Data = ByteString.CopyFrom(data.Span) });
        Interlocked.Add(ref _sent, data.Length);
    }

    void Twist(byte[] bytes, int from, int end)
    {
        if (behavior == Behavior.TurnsLiar && Math.Max(from, from + TurnsAfter - Sent) is var turn && turn < end)
            bytes[turn] ^= 0x10;
        if (behavior == Behavior.FlippedBit)
            bytes[from + (end - from) / 2] ^= 0x10;
        if (behavior != Behavior.SwappedBlocks || end - from < 2 * TreeShape.BlockSize)
            return;
        byte[] first = bytes[from..(from + TreeShape.BlockSize)];
        bytes.AsSpan(from + TreeShape.BlockSize, TreeShape.BlockSize).CopyTo(bytes.AsSpan(from));
        first.CopyTo(bytes, from + TreeShape.BlockSize);
    }

    Sample Find(string root) => samples.FirstOrDefault(s => s.Id.Root.ToString() == root)
        ?? throw new RpcException(new Status(StatusCode.NotFound, "No such content."));
}
