using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.CatalogV1;
using Status = Google.Rpc.Status;

namespace P2P.Content.Tests.Sources;

public sealed class VerifiedSourceTests
{
    static readonly byte[] Data = Samples.Bytes(1_000_000);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_AnyRangeInAnyChunks_IsExact() =>
        await Task.Run(() => Prop.ForAll(
            (from offset in Gen.Choose(0, Data.Length - 1)
             from count in Gen.Choose(1, Data.Length - offset)
             from chunk in Gen.Elements(1000, 16384, 40_000, 300_000, 1_000_000)
             select (offset, count, chunk)).ToArbitrary(),
            s =>
            {
                (FetchFailure? failure, byte[] got) = Fetch(new CatalogDouble(Data) { Chunk = s.chunk }, s.offset, s.count).GetAwaiter().GetResult();
                return failure is null && got.AsSpan().SequenceEqual(Data.AsSpan(s.offset, s.count));
            }).QuickCheckThrowOnFailure(), Cancel);

    [Fact]
    public async Task Fetch_MoreThanOneWindowOfHashes_IsExact()
    {
        byte[] data = Samples.Bytes(40 * 1024 * 1024 + 1);
        CatalogDouble peer = new(data) { Chunk = 1_000_000 };
        (FetchFailure? failure, byte[] got) = await Fetch(peer, 5, data.Length - 5);
        Assert.Null(failure);
        Assert.True(got.AsSpan().SequenceEqual(data.AsSpan(5)));
        Assert.Equal(3, peer.Describes);
        Assert.Equal("ticket", Assert.Single(peer.Downloads).Ranges[0].Ticket);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(262_144)]
    public async Task Fetch_SmallContentWhole_CostsOneCall(int length)
    {
        CatalogDouble peer = new(Data[..length]);
        (FetchFailure? failure, byte[] got) = await Fetch(peer, 0, length);
        Assert.Null(failure);
        Assert.Equal(Data[..length], got);
        Assert.Equal(0, peer.Describes);
    }

    [Fact]
    public async Task Fetch_EmptyContent_CostsNoCall()
    {
        CatalogDouble peer = new([]);
        Assert.Null((await Fetch(peer, 0, 0)).Failure);
        Assert.Empty(peer.Downloads);
    }

    [Fact]
    public async Task Fetch_AnyBitFlipped_NamesTheBlockAndHandsOutWhatIsBeforeIt()
    {
        Random random = new(7);
        for (int i = 0; i < 50; i++)
        {
            long bit = random.NextInt64(Data.Length * 8L);
            long block = bit / 8 / 16384;
            (FetchFailure? failure, byte[] got) = await Fetch(new CatalogDouble(Data) { OnDownload = messages => Flip(messages, bit) }, 0, Data.Length);
            Assert.Equal(FetchFault.WrongBytes, failure!.Fault);
            Assert.Equal(block, failure.Block);
            Assert.True(got.AsSpan().SequenceEqual(Data.AsSpan(0, (int)block * 16384)));
        }
    }

    [Fact]
    public async Task Fetch_SmallContentFlipped_HandsOutNothing()
    {
        byte[] small = Data[..100_000];
        (FetchFailure? failure, byte[] got) = await Fetch(new CatalogDouble(small) { OnDownload = messages => Flip(messages, 99) }, 0, small.Length);
        Assert.Equal(FetchFault.WrongBytes, failure!.Fault);
        Assert.Empty(got);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("long")]
    [InlineData("gap")]
    [InlineData("twice")]
    [InlineData("foreign")]
    [InlineData("silly refusal")]
    public async Task Fetch_OtherThanAskedFor_IsMisbehaviour(string lie)
    {
        (FetchFailure? failure, byte[] got) = await Fetch(new CatalogDouble(Data) { OnDownload = messages => Lie(messages, lie) }, 0, Data.Length);
        Assert.Equal(FetchFault.Misbehaved, failure?.Fault);
        Assert.True(failure!.IsLie);
        Assert.True(got.AsSpan().SequenceEqual(Data.AsSpan(0, got.Length)));
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("few")]
    [InlineData("none")]
    public async Task Fetch_HashesDoNotLeadToTheRoot_HandsOutNothing(string lie)
    {
        CatalogDouble peer = new(Data)
        {
            OnDescribe = (answer, _) =>
            {
                byte[] hashes = answer.Hashes.ToByteArray();
                hashes[40] ^= 1;
                answer.Hashes = lie switch
                {
                    "flipped" => ByteString.CopyFrom(hashes),
                    "few" => ByteString.CopyFrom(hashes, 0, 32),
                    _ => ByteString.Empty,
                };
                return Task.FromResult(answer);
            },
        };
        (FetchFailure? failure, byte[] got) = await Fetch(peer, 0, Data.Length);
        Assert.Equal(FetchFault.WrongBytes, failure?.Fault);
        Assert.Empty(got);
    }

    [Fact]
    public async Task Fetch_EndlessSource_IsStopped()
    {
        (FetchFailure? failure, byte[] got) = await Fetch(new CatalogDouble(Data) { OnDownload = Endless }, 0, Data.Length);
        Assert.Equal(FetchFault.Misbehaved, failure?.Fault);
        Assert.True(got.AsSpan().SequenceEqual(Data));
    }

    [Theory]
    [InlineData(StatusCode.NotFound, "NO_SUCH_CONTENT", FetchFault.NotThere)]
    [InlineData(StatusCode.FailedPrecondition, "CHANGED", FetchFault.Changed)]
    [InlineData(StatusCode.PermissionDenied, "TICKET_REFUSED", FetchFault.TicketRefused)]
    [InlineData(StatusCode.PermissionDenied, "INBOX_CLOSED", FetchFault.Refused)]
    [InlineData(StatusCode.ResourceExhausted, "NO_SLOT", FetchFault.Busy)]
    [InlineData(StatusCode.Unavailable, "UNREADABLE", FetchFault.Unavailable)]
    public async Task Fetch_SourceRefuses_TheReasonIsTold(StatusCode code, string reason, FetchFault expected)
    {
        Status status = new()
        {
            Code = (int)code,
            Message = "no\u001b[2J\n" + new string('x', 1000),
            Details =
            {
                Any.Pack(new ErrorInfo { Domain = "p2p.catalog.v1", Reason = reason }),
                Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(7)) }),
            },
        };
        foreach (CatalogDouble peer in new CatalogDouble[]
        {
            new(Data) { OnDownload = _ => Once(new DownloadResponse { Failure = status }) },
            new(Data) { OnDownload = messages => Throwing(messages, status.ToRpcException(), after: 0) },
        })
        {
            (FetchFailure? failure, byte[] got) = await Fetch(peer, 0, Data.Length);
            Assert.Equal(expected, failure?.Fault);
            Assert.Equal(TimeSpan.FromSeconds(7), failure!.RetryAfter);
            Assert.DoesNotContain(failure.Message, char.IsControl);
            Assert.InRange(failure.Message.Length, 1, 300);
            Assert.False(failure.IsLie);
            Assert.Empty(got);
        }
    }

    [Fact]
    public async Task Fetch_BusyForAWaitThatIsNone_IsBusyAllTheSame()
    {
        Google.Rpc.Status status = new()
        {
            Code = (int)StatusCode.ResourceExhausted,
            Details = { Any.Pack(new RetryInfo { RetryDelay = new Duration { Seconds = 1, Nanos = -1 } }) },
        };
        (FetchFailure? failure, _) = await Fetch(
            new CatalogDouble(Data) { OnDownload = _ => Once(new DownloadResponse { Failure = status }) }, 0, Data.Length);
        Assert.Equal((FetchFault.Busy, null), (failure!.Fault, failure.RetryAfter));
    }

    [Fact]
    public async Task Fetch_BreaksInTheMiddle_HandsOutWhatCame()
    {
        RpcException broken = new(new Grpc.Core.Status(StatusCode.Unavailable, "gone"));
        (FetchFailure? failure, byte[] got) = await Fetch(new CatalogDouble(Data) { OnDownload = messages => Throwing(messages, broken, after: 3) }, 0, Data.Length);
        Assert.Equal(FetchFault.Unavailable, failure?.Fault);
        Assert.True(got.AsSpan().SequenceEqual(Data.AsSpan(0, 120_000 / 16384 * 16384)));
    }

    [Fact]
    public async Task Fetch_BreaksAfterTheLastByte_IsNoFailure()
    {
        RpcException broken = new(new Grpc.Core.Status(StatusCode.Unavailable, "gone"));
        (FetchFailure? failure, byte[] got) = await Fetch(new CatalogDouble(Data) { OnDownload = messages => Throwing(messages, broken, after: 25) }, 0, Data.Length);
        Assert.Null(failure);
        Assert.Equal(Data.Length, got.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fetch_NothingComesForTooLong_IsSilence(bool describe)
    {
        FakeTimeProvider time = new();
        TaskCompletionSource waiting = new();
        CatalogDouble peer = describe
            ? new(Data) { OnDescribe = async (answer, stop) => { waiting.SetResult(); await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop); return answer; } }
            : new(Data) { OnDownload = messages => Stalling(messages, waiting) };
        Task<(FetchFailure? Failure, byte[] Got)> fetch = Fetch(peer, 0, Data.Length, time);
        await waiting.Task;
        TimeSpan limit = Inactivity.Default.LimitFor(Data.Length);
        time.Advance(limit - TimeSpan.FromMilliseconds(1));
        Assert.False(fetch.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(FetchFault.Silent, (await fetch).Failure?.Fault);
    }

    [Fact]
    public async Task Fetch_SlowReceiver_IsNotTheSourcesSilence()
    {
        FakeTimeProvider time = new();
        FetchFailure? failure = await new CatalogDouble(Data).Source(time).FetchAsync(
            Samples.ContentOf(Data), 0, Data.Length, (_, _) => { time.Advance(TimeSpan.FromHours(1)); return ValueTask.CompletedTask; }, Cancel);
        Assert.Null(failure);
    }

    [Fact]
    public async Task Fetch_CallerCancels_Throws()
    {
        using CancellationTokenSource cancel = new();
        CatalogDouble peer = new(Data);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => peer.Source().FetchAsync(
            peer.Content, 0, Data.Length, async (_, _) => await cancel.CancelAsync(), cancel.Token));
    }

    [Fact]
    public async Task Fetch_ReceiverFails_ItsExceptionPasses()
    {
        CatalogDouble peer = new(Data);
        await Assert.ThrowsAsync<IOException>(() => peer.Source().FetchAsync(
            peer.Content, 0, Data.Length, (_, _) => throw new IOException("full"), Cancel));
    }

    [Fact]
    public async Task Describe_Name_GivesWhatTheSourceSays()
    {
        CatalogDouble peer = new(Data);
        DescribeResult result = await peer.Source().DescribeAsync("name", Cancel);
        Assert.Null(result.Failure);
        Assert.Equal(new SourceDescription(peer.Content, "label/name", null, false), result.Description);
    }

    [Fact]
    public async Task Describe_Nonsense_IsMisbehaviour()
    {
        CatalogDouble peer = new(Data) { OnDescribe = (answer, _) => { answer.Length = -1; return Task.FromResult(answer); } };
        Assert.Equal(FetchFault.Misbehaved, (await peer.Source().DescribeAsync("name", Cancel)).Failure?.Fault);
    }

    static async Task<(FetchFailure? Failure, byte[] Got)> Fetch(CatalogDouble peer, long offset, long count, TimeProvider? time = null)
    {
        using MemoryStream got = new();
        FetchFailure? failure = await peer.Source(time).FetchAsync(peer.Content, offset, count, (bytes, _) =>
        {
            Assert.Equal(offset + got.Length, bytes.Offset);
            got.Write(bytes.Data.Span);
            Assert.Equal(HashesOf(peer, bytes), bytes.BlockHashes.ToArray());
            return ValueTask.CompletedTask;
        }, Cancel);
        return (failure, got.ToArray());
    }

    // By another way: the bytes that were handed out may be a part of their first and last block.
    static byte[] HashesOf(CatalogDouble peer, VerifiedBytes bytes)
    {
        long first = bytes.Offset / TreeShape.BlockSize, end = (bytes.Offset + bytes.Data.Length - 1) / TreeShape.BlockSize + 1;
        return [.. peer.Data.Chunk(TreeShape.BlockSize).Skip((int)first).Take((int)(end - first)).SelectMany(block => System.Security.Cryptography.SHA256.HashData(block))];
    }

    static async IAsyncEnumerable<DownloadResponse> Flip(IAsyncEnumerable<DownloadResponse> messages, long bit)
    {
        await foreach (DownloadResponse message in messages)
        {
            byte[] bytes = message.Data.ToByteArray();
            if (bit / 8 >= message.Offset && bit / 8 < message.Offset + bytes.Length)
                bytes[bit / 8 - message.Offset] ^= (byte)(1 << (int)(bit % 8));
            message.Data = ByteString.CopyFrom(bytes);
            yield return message;
        }
    }

    static async IAsyncEnumerable<DownloadResponse> Lie(IAsyncEnumerable<DownloadResponse> messages, string lie)
    {
        int number = 0;
        DownloadResponse? last = null;
        await foreach (DownloadResponse message in messages)
        {
            last = message;
            number++;
            if ((lie == "short" && number == 20) || (lie == "gap" && number == 5))
                continue;
            if (lie == "silly refusal" && number == 3)
                message.Failure = new Status { Message = "OK" };
            if (lie == "foreign" && number == 5)
                message.RangeIndex = 1;
            yield return message;
            if (lie == "twice" && number == 5)
                yield return message;
            if (lie == "short" && number == 19)
                yield break;
        }

        if (lie == "long")
            yield return new DownloadResponse { Offset = last!.Offset + last.Data.Length, Data = ByteString.CopyFrom(1) };
    }

    static async IAsyncEnumerable<DownloadResponse> Endless(IAsyncEnumerable<DownloadResponse> messages)
    {
        DownloadResponse last = new();
        await foreach (DownloadResponse message in messages)
            yield return last = message;
        while (true)
        {
            last = new DownloadResponse { Offset = last.Offset + last.Data.Length, Data = ByteString.CopyFrom(new byte[40_000]) };
            yield return last;
        }
    }

    static async IAsyncEnumerable<DownloadResponse> Throwing(IAsyncEnumerable<DownloadResponse> messages, RpcException error, int after)
    {
        await foreach (DownloadResponse message in messages)
        {
            if (after-- == 0)
                throw error;
            yield return message;
        }

        throw error;
    }

    static async IAsyncEnumerable<DownloadResponse> Stalling(
        IAsyncEnumerable<DownloadResponse> messages, TaskCompletionSource waiting, [EnumeratorCancellation] CancellationToken stop = default)
    {
        await foreach (DownloadResponse message in messages.WithCancellation(stop))
        {
            yield return message;
            waiting.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        }
    }

    static async IAsyncEnumerable<DownloadResponse> Once(DownloadResponse message)
    {
        await Task.Yield();
        yield return message;
    }
}
