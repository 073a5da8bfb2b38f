using System.Buffers;

namespace P2P.Content;

/// <summary>
/// One range from one source.
/// </summary>
/// <remarks>
/// 1. Widen the range to whole blocks, ask for their hashes and for their bytes.
/// 2. Take what comes, which is the next bytes of the range.
/// 3. Verify the whole blocks that are there, hand out what of them was asked for.
/// 4. See that the stream ends with the range.
/// A content of up to 256 KiB that is read whole is verified against its root when it is there, and costs one call only.
/// </remarks>
sealed class RangeFetch : IDisposable
{
    const int WholeLength = VerifiedSource.MostInBatch;
    const int HotLength = 256 * 1024;

    readonly VerifiedSource _source;
    readonly ContentId _content;
    readonly (long Start, long End) _wanted;
    readonly (long Start, long End) _blocks;
    readonly VerifiedSink _sink;
    readonly Silence _silence;
    readonly ProofWindows? _proofs;
    readonly int _gatherSize;
    readonly byte[] _buffer;
    BlockVerifier? _verifier;
    int _filled;
    long _at;

    public RangeFetch(VerifiedSource source, ContentId content, long offset, long count, VerifiedSink sink, Silence silence)
    {
        (_source, _content, _sink, _silence) = (source, content, sink, silence);
        _wanted = (offset, offset + count);
        long endBlock = (offset + count - 1) / TreeShape.BlockSize + 1;
        _blocks = (offset / TreeShape.BlockSize * TreeShape.BlockSize, Math.Min(content.Length, endBlock * TreeShape.BlockSize));
        _at = _blocks.Start;
        bool whole = count == content.Length && count <= WholeLength;
        _proofs = whole ? null : new ProofWindows(source, content, _blocks.Start / TreeShape.BlockSize, endBlock, silence);
        _gatherSize = whole ? (int)content.Length : TreeShape.BlockSize;
        _buffer = ArrayPool<byte>.Shared.Rent(_gatherSize);
    }

    public async Task<FetchFailure?> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _proofs?.Ask(_blocks.Start / TreeShape.BlockSize);
            (IRangeBytes? opened, FetchFailure? failure) = await OpenAsync().ConfigureAwait(false);
            if (opened is null)
                return failure;
            using IRangeBytes bytes = opened;
            while (true)
            {
                (ReadOnlyMemory<byte> data, failure) = await bytes.NextAsync().ConfigureAwait(false);
                // 4.
                if (data.IsEmpty)
                    return failure ?? (_at == _blocks.End ? null : new FetchFailure(FetchFault.Misbehaved, "The source sent fewer bytes than it was asked for."));
                failure = await TakeAsync(data, cancellationToken).ConfigureAwait(false);
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

    async ValueTask<(IRangeBytes? Bytes, FetchFailure? Failure)> OpenAsync()
    {
        if (_source.Plain is { } plain
            && await plain.OpenAsync(_source, _content, _blocks.Start, _blocks.End, _silence).ConfigureAwait(false) is var answer && answer != default)
            return answer;
        return (MessageBytes.Open(_source, _content, _blocks.Start, _blocks.End, _silence), null);
    }

    // Whole blocks are used where they lie in what came; only one that came in several parts is put together first.
    async ValueTask<FetchFailure?> TakeAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        FetchFailure? failure = null;
        while (data.Length > 0 && failure is null)
        {
            int taken = _filled == 0 ? UsableOf(data.Length) : 0;
            if (taken > 0)
            {
                failure = await PassAsync(data[..taken], cancellationToken).ConfigureAwait(false);
            }
            else
            {
                taken = Math.Min(data.Length, _gatherSize - _filled);
                data[..taken].CopyTo(_buffer.AsMemory(_filled));
                _filled += taken;
                if (UsableOf(_filled) is > 0 and int usable)
                {
                    _filled = 0;
                    failure = await PassAsync(_buffer.AsMemory(0, usable), cancellationToken).ConfigureAwait(false);
                }
            }

            data = data[taken..];
        }

        return failure;
    }

    // How many bytes from here on can be verified, of so many that are there.
    int UsableOf(int length)
    {
        if (_at + length == _blocks.End)
            return length;
        return _proofs is null ? 0 : length / TreeShape.BlockSize * TreeShape.BlockSize;
    }

    // 3.
    async ValueTask<FetchFailure?> PassAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_proofs is null)
            return await PassWholeAsync(bytes, cancellationToken).ConfigureAwait(false);
        while (bytes.Length > 0)
        {
            long block = _at / TreeShape.BlockSize;
            if (_verifier is null || block >= _verifier.End)
            {
                (_verifier, FetchFailure? failure) = await _proofs.TakeAsync(block).ConfigureAwait(false);
                if (_verifier is null)
                    return failure;
            }

            // A part at a time, so that it is written while it is still in the processor's cache.
            int part = (int)Math.Min(Math.Min(bytes.Length, HotLength), (_verifier.End - block) * TreeShape.BlockSize);
            long? wrong = _verifier.FirstWrong(block, bytes.Span[..part]);
            int good = wrong is { } first ? (int)(first - block) * TreeShape.BlockSize : part;
            if (good > 0)
                await HandOutAsync(bytes[..good], _verifier.Hashes(block, BlocksIn(good)), cancellationToken).ConfigureAwait(false);
            if (wrong is not null)
                return WrongBlock(wrong.Value);
            bytes = bytes[good..];
        }

        return null;
    }

    async ValueTask<FetchFailure?> PassWholeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        MerkleHasher hasher = new(layer: 0);
        hasher.Append(bytes.Span);
        if (hasher.Finish() != _content.Root)
            return new FetchFailure(FetchFault.WrongBytes, "The bytes that the source sent do not have the root asked for.");
        await HandOutAsync(bytes, hasher.Layer, cancellationToken).ConfigureAwait(false);
        return null;
    }

    async ValueTask HandOutAsync(ReadOnlyMemory<byte> good, ReadOnlyMemory<byte> hashes, CancellationToken cancellationToken)
    {
        long start = Math.Max(_at, _wanted.Start), end = Math.Min(_at + good.Length, _wanted.End);
        TimeSpan left = _silence.Pause();
        await _sink(new VerifiedBytes(start, good[(int)(start - _at)..(int)(end - _at)], hashes), cancellationToken).ConfigureAwait(false);
        _silence.GoOn(left);
        _at += good.Length;
    }

    static int BlocksIn(int length) => (length + TreeShape.BlockSize - 1) / TreeShape.BlockSize;

    static FetchFailure WrongBlock(long block) =>
        new(FetchFault.WrongBytes, $"Block {block} that the source sent does not lead to the root asked for.", block);
}
