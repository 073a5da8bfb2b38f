using System.IO.Pipelines;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>NDJSON: every line that is not blank is a message. The size limit holds for each.</summary>
sealed class LineRequestStream<TRequest>(JsonCallContext call, RequestReader reader) : RequestStream<TRequest> where TRequest : class
{
    readonly PipeReader _input = call.HttpContext.Request.BodyReader;
    readonly long _limit = call.Options.MaxReceiveMessageSize ?? long.MaxValue;
    long _read;

    protected override async ValueTask<TRequest?> ReadAsync(CancellationToken cancellationToken)
    {
        var searched = 0L;
        while (true)
        {
            var result = await _input.ReadAsync(cancellationToken.CanBeCanceled ? cancellationToken : call.CancellationToken);
            var buffer = result.Buffer;
            var end = buffer.Slice(searched).PositionOf((byte)'\n');
            var line = end is { } newline ? buffer.Slice(0, newline) : buffer;
            if (end is null && !result.IsCompleted && line.Length <= _limit)
            {
                searched = buffer.Length;
                _input.AdvanceTo(buffer.Start, buffer.End);
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
    TRequest? Take(ReadOnlySequence<byte> line, SequencePosition end)
    {
        try
        {
            return line.Length > _limit ? throw call.TooLarge() : IsBlank(line) ? null : (TRequest)reader.ReadLine(call, line, ++_read);
        }
        finally
        {
            _input.AdvanceTo(end);
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
sealed class ByteRequestStream<TRequest>(JsonCallContext call, RequestReader reader) : RequestStream<TRequest> where TRequest : class
{
    const int Most = 64 * 1024;

    readonly PipeReader _input = call.HttpContext.Request.BodyReader;
    readonly int _most = Math.Min(Most, call.Options.MaxReceiveMessageSize ?? Most);
    bool _started;

    protected override async ValueTask<TRequest?> ReadAsync(CancellationToken cancellationToken)
    {
        var result = await _input.ReadAsync(cancellationToken.CanBeCanceled ? cancellationToken : call.CancellationToken);
        var chunk = result.Buffer.Slice(0, Math.Min(_most, result.Buffer.Length));
        try
        {
            return chunk.IsEmpty && _started ? null : (TRequest)reader.ReadChunk(call, chunk, isFirst: !_started);
        }
        finally
        {
            _started = true;
            // After the end too: Kestrel gives up a connection whose request has a read that is under way.
            _input.AdvanceTo(chunk.End);
        }
    }
}
