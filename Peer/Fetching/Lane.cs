using System.Threading.Channels;
using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>What the fetch is told. With nothing set: look again at what the sources have.</summary>
/// <param name="Lane">Which lane tells it.</param>
/// <param name="Piece">The hash of one more piece of the lane, verified and written; null with its end.</param>
/// <param name="Fault">With the end of the lane: the source failed.</param>
/// <param name="Failure">With the end of the lane: something on this side failed.</param>
/// <param name="Source">A source to add.</param>
readonly record struct FetchEvent(
    Lane? Lane = null, ContentRoot? Piece = null, FetchFailure? Fault = null, Exception? Failure = null, FetchSource? Source = null);

/// <summary>One request to one source, under way.</summary>
sealed class Lane(Booking booking, FetchSource source, PieceGeometry geometry, IPartStore part, ChannelWriter<FetchEvent> events) : IDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly MerkleHasher _hasher = new();
    long _piece = booking.First;

    public Booking Booking => booking;

    public FetchSource Source => source;

    public Action<long>? Received { get; init; }

    /// <summary>What it brings is no longer wanted.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Runs the request, and tells each piece and at last the end; never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        FetchFailure? fault = null;
        Exception? failure = null;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            (long offset, long length) = geometry.BytesOf(booking.First, booking.End);
            fault = await source.Blocks.ReadAsync(offset, length, TakeAsync, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Stopped: what was verified until now is written and told.
        }
#pragma warning disable CA1031 // Whatever it was, the fetch waits for this lane: it throws the exception itself.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        await events.WriteAsync(new FetchEvent(this, Piece: null, fault, failure), CancellationToken.None);
    }

    public void Dispose() => _stop.Dispose();

    async ValueTask TakeAsync(VerifiedBytes bytes, CancellationToken cancellationToken)
    {
        try
        {
            await part.WriteAsync(bytes.Offset, bytes.Data, cancellationToken);
        }
        catch (IOException e)
        {
            throw new LocalDiskException(e);
        }

        source.Count(bytes.Data.Length);
        Received?.Invoke(bytes.Data.Length);
        long end = bytes.Offset;
        for (ReadOnlyMemory<byte> hashes = bytes.BlockHashes; hashes.Length > 0;)
        {
            // The hash of a piece follows from those of its blocks, which were proved: nothing is hashed twice.
            long pieceEnd = geometry.OffsetOf(_piece) + geometry.LengthOf(_piece);
            long left = (pieceEnd - end + TreeShape.BlockSize - 1) / TreeShape.BlockSize;
            int count = (int)Math.Min(left, hashes.Length / MerkleHash.Size);
            _hasher.AppendBlockHashes(hashes.Span[..(count * MerkleHash.Size)]);
            hashes = hashes[(count * MerkleHash.Size)..];
            end = Math.Min(geometry.Length, end + (long)count * TreeShape.BlockSize);
            if (end == pieceEnd)
                await TellPieceAsync();
        }
    }

    async ValueTask TellPieceAsync()
    {
        ContentRoot hash = _hasher.Finish(geometry.PieceLevel);
        _hasher.Reset();
        _piece++;
        await events.WriteAsync(new FetchEvent(this, hash), CancellationToken.None);
    }
}
