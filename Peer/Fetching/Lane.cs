using System.Threading.Channels;
using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>What a lane tells the fetch.</summary>
/// <param name="Lane">Which lane.</param>
/// <param name="PieceWritten">One more piece is verified and written; else the lane ended.</param>
/// <param name="Fault">With the end of the lane: the source failed.</param>
/// <param name="Failure">With the end of the lane: something on this side failed.</param>
readonly record struct LaneEvent(Lane Lane, bool PieceWritten, SourceFault? Fault = null, Exception? Failure = null);

/// <summary>One request to one source, under way.</summary>
sealed class Lane : IBlockReceiver, IDisposable
{
    // A source that sends less than this in the allowed silence is as good as silent.
    const int SignOfLife = 16 * 1024;

    readonly PieceGeometry _geometry;
    readonly IPartStore _part;
    readonly ChannelWriter<LaneEvent> _events;
    readonly TimeSpan _silence;
    readonly CancellationTokenSource _stop = new();
    readonly CancellationTokenSource _silent;
    long _piece;
    int _sinceLife;

    public Lane(
        Booking booking, FetchSource source, PieceGeometry geometry, IPartStore part, ChannelWriter<LaneEvent> events,
        TimeSpan silence, TimeProvider time)
    {
        Booking = booking;
        Source = source;
        _geometry = geometry;
        _part = part;
        _events = events;
        _silence = silence;
        _silent = new CancellationTokenSource(silence, time);
        _piece = booking.First;
    }

    public Booking Booking { get; }

    public FetchSource Source { get; }

    /// <summary>What it brings is no longer wanted.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Runs the request, and tells each piece and at last the end; never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        SourceFault? fault = null;
        Exception? failure = null;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token, _silent.Token);
        try
        {
            (long offset, long length) = _geometry.BytesOf(Booking.First, Booking.End);
            fault = await Source.Blocks.ReadAsync(offset, length, this, either.Token);
            if (fault is null && _piece < Booking.End)
                fault = new SourceFault(SourceFaultKind.Misbehaved, "It ended a request early and called it complete.");
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            if (!cancellationToken.IsCancellationRequested && !_stop.IsCancellationRequested)
                fault = new SourceFault(SourceFaultKind.Silent, "It sent nothing for too long.");
        }
#pragma warning disable CA1031 // Whatever it was, the fetch waits for this lane: it throws the exception itself.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        await _events.WriteAsync(new LaneEvent(this, PieceWritten: false, fault, failure), CancellationToken.None);
    }

    public void Arrived(int bytes)
    {
        _sinceLife += bytes;
        if (_sinceLife < SignOfLife)
            return;
        _sinceLife = 0;
        _silent.CancelAfter(_silence);
    }

    public async ValueTask TakeAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            await _part.WriteAsync(offset, data, cancellationToken);
        }
        catch (IOException e)
        {
            throw new LocalDiskException(e);
        }

        _silent.CancelAfter(_silence);
        Source.Count(data.Length);
        long end = offset + data.Length;
        for (; _piece < Booking.End && end >= _geometry.OffsetOf(_piece) + _geometry.LengthOf(_piece); _piece++)
            await _events.WriteAsync(new LaneEvent(this, PieceWritten: true), CancellationToken.None);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _silent.Dispose();
    }
}
