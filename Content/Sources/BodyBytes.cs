using System.Buffers;

namespace P2P.Content;

/// <summary>
/// A range as the body of an HTTP answer: received straight into one buffer, and handed on in whole blocks, as many as the buffer holds
/// unless they come slowly.
/// </summary>
sealed class BodyBytes : IRangeBytes
{
    // What came is not kept back for longer than this.
    static readonly TimeSpan MostDelay = TimeSpan.FromMilliseconds(200);

    readonly HttpResponseMessage _response;
    readonly Stream _body;
    readonly Silence _silence;
    readonly TimeProvider _time;
    readonly byte[] _buffer;
    readonly int _size;
    long _left;
    int _filled;
    int _handedOut;
    FetchFailure? _failure;

    public BodyBytes(HttpResponseMessage response, Stream body, long count, VerifiedSourceOptions options, Silence silence, TimeProvider time)
    {
        (_response, _body, _left, _silence, _time) = (response, body, count, silence, time);
        _size = Math.Max(TreeShape.BlockSize, options.ChunkLength / TreeShape.BlockSize * TreeShape.BlockSize);
        _buffer = ArrayPool<byte>.Shared.Rent(_size);
    }

    public async ValueTask<(ReadOnlyMemory<byte> Bytes, FetchFailure? Failure)> NextAsync()
    {
        _buffer.AsSpan(_handedOut, _filled - _handedOut).CopyTo(_buffer);
        _filled -= _handedOut;
        await FillAsync().ConfigureAwait(false);
        _handedOut = _left == 0 ? _filled : _filled / TreeShape.BlockSize * TreeShape.BlockSize;
        return (_buffer.AsMemory(0, _handedOut), _handedOut == 0 ? _failure : null);
    }

    public void Dispose()
    {
        _response.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    async ValueTask FillAsync()
    {
        long began = _time.GetTimestamp();
        try
        {
            while (_left > 0 && _filled < _size && _failure is null)
            {
                if (_filled >= TreeShape.BlockSize && _time.GetElapsedTime(began) > MostDelay)
                    return;
                int wanted = (int)Math.Min(_left, _size - _filled);
                int read = await _body.ReadAsync(_buffer.AsMemory(_filled, wanted), _silence.Token).ConfigureAwait(false);
                if (read == 0)
                    _failure = new FetchFailure(FetchFault.Unavailable, "The source ended before the range did.");
                _silence.Came(read);
                _filled += read;
                _left -= read;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // What came before is good, if it is: it is handed on first.
            _failure = _silence.FailureOf(e);
        }
    }
}
