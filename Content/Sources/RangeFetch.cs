using System.Buffers;
using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Content;

/// <summary>
/// One range from one source.
/// </summary>
/// <remarks>
/// 1. Widen the range to whole blocks, ask for their hashes and for their bytes.
/// 2. See that each message is the next bytes of the range.
/// 3. Verify the whole blocks that are there, hand out what of them was asked for.
/// 4. See that the stream ends with the range.
/// A content of up to 256 KiB that is read whole is verified against its root when it is there, and costs one call only.
/// </remarks>
sealed class RangeFetch : IDisposable
{
    const int WholeLength = 256 * 1024;

    readonly VerifiedSource _source;
    readonly ContentId _content;
    readonly (long Start, long End) _wanted;
    readonly (long Start, long End) _blocks;
    readonly VerifiedSink _sink;
    readonly Silence _silence;
    readonly ProofWindows? _proofs;
    readonly byte[] _buffer;
    BlockVerifier? _verifier;
    int _filled;
    long _at;
    int _sinceBroken;

    public RangeFetch(VerifiedSource source, ContentId content, long offset, long count, VerifiedSink sink, Silence silence)
    {
        (_source, _content, _sink, _silence) = (source, content, sink, silence);
        _wanted = (offset, offset + count);
        long endBlock = (offset + count - 1) / TreeShape.BlockSize + 1;
        _blocks = (offset / TreeShape.BlockSize * TreeShape.BlockSize, Math.Min(content.Length, endBlock * TreeShape.BlockSize));
        _at = _blocks.Start;
        bool whole = count == content.Length && count <= WholeLength;
        _proofs = whole ? null : new ProofWindows(source, content, _blocks.Start / TreeShape.BlockSize, endBlock, silence);
        _buffer = ArrayPool<byte>.Shared.Rent(WholeLength);
    }

    public async Task<FetchFailure?> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _proofs?.Ask(_blocks.Start / TreeShape.BlockSize);
            using AsyncServerStreamingCall<DownloadResponse> call = _source.Client.Download(Request(), cancellationToken: _silence.Token);
            while (true)
            {
                (DownloadResponse? message, FetchFailure? failure) = await NextAsync(call.ResponseStream).ConfigureAwait(false);
                // 4. What fails once all is handed out is no failure of this range.
                if (message is null)
                    return _at == _blocks.End ? null : failure ?? new FetchFailure(FetchFault.Misbehaved, "The source sent fewer bytes than it was asked for.");
                failure = Check(message) ?? await TakeAsync(message.Data.Memory, cancellationToken).ConfigureAwait(false);
                if (failure is not null)
                    return failure;
            }
        }
        finally
        {
            _silence.Stop();
            await (_proofs?.SettleAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    DownloadRequest Request()
    {
        DownloadRange range = new()
        {
            Root = _content.Root.ToString(),
            Length = _content.Length,
            Offset = _blocks.Start,
            Count = _blocks.End - _blocks.Start,
        };
        if (_source.Ticket is { } ticket)
            range.Ticket = ticket;
        return new DownloadRequest { Ranges = { range }, ChunkLength = _source.Options.ChunkLength };
    }

    // Neither is set at the end of the stream. Only the source's own failures are caught here, not the sink's.
    async ValueTask<(DownloadResponse? Message, FetchFailure? Failure)> NextAsync(IAsyncStreamReader<DownloadResponse> stream)
    {
        try
        {
            return await stream.MoveNext(_silence.Token).ConfigureAwait(false) ? (stream.Current, null) : default;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            return (null, _silence.FailureOf(e));
        }
    }

    FetchFailure? Check(DownloadResponse message)
    {
        if (message.Failure is { } refusal)
            return FetchFailure.Of(refusal);
        long next = _at + _filled;
        return message.RangeIndex == 0 && message.Offset == next && message.Data.Length <= _blocks.End - next
            ? null
            : new FetchFailure(FetchFault.Misbehaved, "The source sent other bytes than it was asked for, or more.");
    }

    async ValueTask<FetchFailure?> TakeAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        CountProgress(data.Length);
        while (data.Length > 0)
        {
            int taken = Math.Min(data.Length, WholeLength - _filled);
            data[..taken].CopyTo(_buffer.AsMemory(_filled));
            _filled += taken;
            data = data[taken..];
            (int good, FetchFailure? failure) = await VerifyAsync().ConfigureAwait(false);
            await HandOutAsync(good, cancellationToken).ConfigureAwait(false);
            if (failure is not null)
                return failure;
        }

        return null;
    }

    // How many bytes at the beginning of the buffer are verified, and what ended that, if it was the source's fault.
    async ValueTask<(int Good, FetchFailure? Failure)> VerifyAsync()
    {
        bool isEnd = _at + _filled == _blocks.End;
        if (_proofs is null)
            return isEnd ? VerifyWhole() : (0, null);
        int usable = isEnd ? _filled : _filled / TreeShape.BlockSize * TreeShape.BlockSize;
        for (int good = 0; good < usable;)
        {
            long block = (_at + good) / TreeShape.BlockSize;
            if (_verifier is null || block >= _verifier.End)
            {
                (_verifier, FetchFailure? failure) = await _proofs.TakeAsync(block).ConfigureAwait(false);
                if (_verifier is null)
                    return (good, failure);
            }

            int known = (int)Math.Min(usable - good, (_verifier.End - block) * TreeShape.BlockSize);
            if (_verifier.FirstWrong(block, _buffer.AsSpan(good, known)) is { } wrong)
                return (good + (int)(wrong - block) * TreeShape.BlockSize, WrongBlock(wrong));
            good += known;
        }

        return (usable, null);
    }

    (int Good, FetchFailure? Failure) VerifyWhole()
    {
        MerkleHasher hasher = new();
        hasher.Append(_buffer.AsSpan(0, _filled));
        return hasher.Finish() == _content.Root
            ? (_filled, null)
            : (0, new FetchFailure(FetchFault.WrongBytes, "The bytes that the source sent do not have the root asked for."));
    }

    async ValueTask HandOutAsync(int good, CancellationToken cancellationToken)
    {
        if (good == 0)
            return;
        long start = Math.Max(_at, _wanted.Start), end = Math.Min(_at + good, _wanted.End);
        _silence.Pause();
        await _sink(start, _buffer.AsMemory((int)(start - _at), (int)(end - start)), cancellationToken).ConfigureAwait(false);
        _silence.Broken();
        _buffer.AsSpan(good, _filled - good).CopyTo(_buffer);
        _at += good;
        _filled -= good;
    }

    // A drop now and then does not count as progress.
    void CountProgress(int bytes)
    {
        _sinceBroken += bytes;
        if (_sinceBroken < TreeShape.BlockSize)
            return;
        _sinceBroken = 0;
        _silence.Broken();
    }

    static FetchFailure WrongBlock(long block) =>
        new(FetchFault.WrongBytes, $"Block {block} that the source sent does not lead to the root asked for.", block);
}
