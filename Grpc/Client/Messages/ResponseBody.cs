using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Grpc.Net.Client.Messages;

/// <summary>
/// Reads a response into one pooled buffer, so that a message lies in one piece and can be used where it lies. The buffer grows with
/// the bytes that came, never with what was announced. A read asks for no more than the last message had: messages of one size then
/// begin at the beginning of the buffer, and nothing is moved.
/// </summary>
sealed class ResponseBody(Stream stream) : PipeReader
{
    const int LeastRead = 16 * 1024;

    byte[] _bytes = [];
    int _start;
    int _end;
    int _usualSize = LeastRead;
    bool _isExamined = true;
    bool _isCompleted;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _isExamined && !_isCompleted ? FillAsync(cancellationToken) : new ValueTask<ReadResult>(Result());

    public override bool TryRead(out ReadResult result)
    {
        result = Result();
        return !_isExamined || _isCompleted;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var start = consumed.GetInteger();
        _isExamined = examined.GetInteger() == _end;
        if (start != _start)
        {
            _usualSize = Math.Max(LeastRead, start - _start);
        }
        (_start, _end) = start == _end ? (0, 0) : (start, _end);
    }

    public override void CancelPendingRead() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null)
    {
        Release(_bytes);
        Abandon();
    }

    /// <summary>Ends like <see cref="Complete"/>, but leaves the buffer to whoever still uses a part of it.</summary>
    public void Abandon() => (_bytes, _start, _end, _isCompleted) = ([], 0, 0, true);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<ReadResult> FillAsync(CancellationToken cancellationToken)
    {
        var buffered = _end - _start;
        var wanted = buffered < _usualSize ? _usualSize - buffered : Math.Min(buffered, Array.MaxLength - buffered);
        MakeRoom(wanted);
        var read = await stream.ReadAsync(_bytes.AsMemory(_end, wanted), cancellationToken).ConfigureAwait(false);
        _end += read;
        _isCompleted = read == 0;
        _isExamined = false;
        return Result();
    }

    void MakeRoom(int wanted)
    {
        if (_bytes.Length - _end >= wanted)
        {
            return;
        }
        var buffered = _bytes.AsSpan(_start, _end - _start);
        var target = buffered.Length + wanted <= _bytes.Length ? _bytes : ArrayPool<byte>.Shared.Rent(buffered.Length + wanted);
        buffered.CopyTo(target);
        (_start, _end) = (0, buffered.Length);
        if (target != _bytes)
        {
            Release(_bytes);
            _bytes = target;
        }
    }

    ReadResult Result() => new(new ReadOnlySequence<byte>(_bytes, _start, _end - _start), isCanceled: false, _isCompleted);

    static void Release(byte[] bytes)
    {
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
