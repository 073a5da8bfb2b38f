using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace Grpc.Tests.Wire;

/// <summary>A pipe that is read by the rules: after each read comes one advance, before the next.</summary>
sealed class StrictReader(PipeReader inner) : PipeReader
{
    bool _isReading;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        Assert.False(_isReading, "A read before the one before it was advanced over.");
        var result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        _isReading = true;
        return result;
    }

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Assert.True(_isReading, "An advance without a read.");
        _isReading = false;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}

/// <summary>Gives exactly the room that is asked for, and keeps what was asked.</summary>
sealed class ExactOutput : IBufferWriter<byte>
{
    readonly ArrayBufferWriter<byte> _inner = new();

    public List<int> Asked { get; } = [];

    public ReadOnlySpan<byte> Written => _inner.WrittenSpan;

    public void Advance(int count) => _inner.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Asked.Add(sizeHint);
        return _inner.GetMemory(sizeHint)[..Math.Max(sizeHint, 1)];
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}

static class Pool
{
    /// <summary>The pool gives a thread first what the same thread gave back last.</summary>
    public static void AssertHas(ReadOnlyMemory<byte> memory)
    {
        Assert.True(MemoryMarshal.TryGetArray(memory, out var segment));
        var next = ArrayPool<byte>.Shared.Rent(segment.Array!.Length);
        ArrayPool<byte>.Shared.Return(next);

        Assert.Same(segment.Array, next);
    }
}

/// <summary>Counts what is sent back to it.</summary>
sealed class CountingContext : SynchronizationContext
{
    int _posts;

    public int Posts => _posts;

    public override void Post(SendOrPostCallback d, object? state)
    {
        Interlocked.Increment(ref _posts);
        base.Post(d, state);
    }

    /// <summary>Starts something that this context surrounds.</summary>
    public T Start<T>(Func<T> start)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            return start();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }
}
