using System.Buffers;
using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Content;

/// <summary>
/// Many small contents from one source with one call.
/// </summary>
/// <remarks>
/// 1. Ask for all of them, each whole.
/// 2. See that each message is the next bytes of the content that is under way, or begins the next one.
/// 3. When a content is there, verify it against its root and hand it out.
/// 4. What the source refuses is noted and the next one follows; what it does wrong ends the call, and nothing more of it counts.
/// </remarks>
sealed class BatchFetch : IDisposable
{
    // What a message counts for beside its bytes: a refusal is progress too, but not much.
    const int PerMessage = 16;

    readonly VerifiedSource _source;
    readonly IReadOnlyList<BatchItem> _items;
    readonly BatchSink _sink;
    readonly Silence _silence;
    readonly FetchFailure?[] _failures;
    readonly MerkleHasher _hasher = new();
    readonly byte[] _buffer;
    int _at;
    int _filled;
    bool _isDone;

    public BatchFetch(VerifiedSource source, IReadOnlyList<BatchItem> items, BatchSink sink, Silence silence)
    {
        (_source, _items, _sink, _silence) = (source, items, sink, silence);
        _failures = new FetchFailure?[items.Count];
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(1, items.Max(item => item.Content.Length)));
    }

    public async Task<FetchFailure?[]> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            // 1.
            using AsyncServerStreamingCall<DownloadResponse> call = _source.Client.Download(Request(), cancellationToken: _silence.Token);
            FetchFailure? failure = null;
            while (failure is null)
            {
                (DownloadResponse? message, failure) = await _silence.NextAsync(call.ResponseStream).ConfigureAwait(false);
                if (message is null)
                    break;
                _silence.Came(message.Data.Length + PerMessage);
                failure = await TakeAsync(message, cancellationToken).ConfigureAwait(false);
            }

            for (int i = _isDone ? _at + 1 : _at; i < _items.Count; i++)
                _failures[i] = failure ?? new FetchFailure(FetchFault.Misbehaved, "The source sent fewer contents than it was asked for.");
            return _failures;
        }
        finally
        {
            _silence.Stop();
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    DownloadRequest Request()
    {
        DownloadRequest request = new();
        foreach (BatchItem item in _items)
        {
            DownloadRange range = new() { Root = item.Content.Root.ToString(), Length = item.Content.Length, Count = item.Content.Length };
            if (item.Ticket is { } ticket)
                range.Ticket = ticket;
            request.Ranges.Add(range);
        }

        return request;
    }

    // What it returns ends the call.
    async ValueTask<FetchFailure?> TakeAsync(DownloadResponse message, CancellationToken cancellationToken)
    {
        // 2.
        if (_isDone && _at + 1 < _items.Count)
            (_at, _filled, _isDone) = (_at + 1, 0, false);
        ContentId content = _items[_at].Content;
        if (_isDone || message.RangeIndex != _at || message.Offset != _filled || message.Data.Length > content.Length - _filled)
            return new FetchFailure(FetchFault.Misbehaved, "The source sent other bytes than it was asked for, or more.");
        if (message.Failure is { } refusal)
        {
            // 4.
            _failures[_at] = FetchFailure.Of(refusal);
            _isDone = true;
            return _failures[_at]!.IsLie ? _failures[_at] : null;
        }

        // 3.
        ReadOnlyMemory<byte> data = message.Data.Memory;
        if (data.Length < content.Length)
        {
            data.CopyTo(_buffer.AsMemory(_filled));
            _filled += data.Length;
            data = _buffer.AsMemory(0, _filled);
        }

        return data.Length < content.Length ? null : await HandOutAsync(data, cancellationToken).ConfigureAwait(false);
    }

    async ValueTask<FetchFailure?> HandOutAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        _hasher.Reset();
        _hasher.Append(data.Span);
        if (_hasher.Finish() != _items[_at].Content.Root)
            return new FetchFailure(FetchFault.WrongBytes, "The bytes that the source sent do not have the root asked for.");
        TimeSpan left = _silence.Pause();
        await _sink(_at, data, cancellationToken).ConfigureAwait(false);
        _silence.GoOn(left);
        _isDone = true;
        return null;
    }
}
