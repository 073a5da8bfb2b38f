using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>A request of many messages, read one at a time from the body: what is not asked for waits at the client.</summary>
abstract class RequestStream<TRequest>(JsonCallContext call) : IAsyncStreamReader<TRequest> where TRequest : class
{
    int _reading;
    volatile bool _completed;

    public TRequest Current { get; private set; } = null!;

    protected JsonCallContext Call => call;

    protected PipeReader Input => call.HttpContext.Request.BodyReader;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_completed)
        {
            throw new InvalidOperationException("The call has ended.");
        }
        if (Interlocked.Exchange(ref _reading, 1) == 1)
        {
            throw new InvalidOperationException("The read before this one has not ended.");
        }
        try
        {
            var next = await ReadAsync(cancellationToken.CanBeCanceled ? cancellationToken : call.CancellationToken);
            Current = (TRequest)next!;
            return next is not null;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    public void Complete() => _completed = true;

    /// <summary>The next message, or null at the end.</summary>
    protected abstract ValueTask<object?> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>NDJSON: every line that is not blank is a message. The size limit holds for each.</summary>
sealed class LineRequestStream<TRequest>(JsonCallContext call, RequestReader reader) : RequestStream<TRequest>(call) where TRequest : class
{
    readonly long _limit = call.Options.MaxReceiveMessageSize ?? long.MaxValue;
    long _read;

    protected override async ValueTask<object?> ReadAsync(CancellationToken cancellationToken)
    {
        var searched = 0L;
        while (true)
        {
            var result = await Input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var end = buffer.Slice(searched).PositionOf((byte)'\n');
            var line = end is { } newline ? buffer.Slice(0, newline) : buffer;
            if (end is null && !result.IsCompleted && line.Length <= _limit)
            {
                searched = buffer.Length;
                Input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }
            var message = Take(line, end is { } past ? buffer.GetPosition(1, past) : buffer.End);
            if (message is not null || end is null)
            {
                return message;
            }
            searched = 0;
        }
    }

    // Null for a blank line. Whatever comes of it, the line is used up: a request with a read that is under way could not end in order.
    object? Take(ReadOnlySequence<byte> line, SequencePosition end)
    {
        try
        {
            return line.Length > _limit ? throw Call.TooLarge() : IsBlank(line) ? null : reader.ReadLine(Call, line, ++_read);
        }
        finally
        {
            Input.AdvanceTo(end);
        }
    }

    static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (part.Span.ContainsAnyExcept(" \t\r"u8))
            {
                return false;
            }
        }
        return true;
    }
}

/// <summary>A raw body, cut where it comes in, for messages whose body is a google.api.HttpBody. An empty body is one empty message.</summary>
sealed class ByteRequestStream<TRequest>(JsonCallContext call, RequestReader reader) : RequestStream<TRequest>(call) where TRequest : class
{
    const int Most = 64 * 1024;

    readonly int _most = Math.Min(Most, call.Options.MaxReceiveMessageSize ?? Most);
    bool _started;

    protected override async ValueTask<object?> ReadAsync(CancellationToken cancellationToken)
    {
        var result = await Input.ReadAsync(cancellationToken);
        var chunk = result.Buffer.Slice(0, Math.Min(_most, result.Buffer.Length));
        try
        {
            return chunk.IsEmpty && _started ? null : reader.ReadChunk(Call, chunk, isFirst: !_started);
        }
        finally
        {
            _started = true;
            // After the end too: Kestrel gives up a connection whose request has a read that is under way.
            Input.AdvanceTo(chunk.End);
        }
    }
}
