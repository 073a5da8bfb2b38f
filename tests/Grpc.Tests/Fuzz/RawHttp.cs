using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Grpc.Tests.Fuzz;

/// <summary>An answer as it came. IsWhole says that it ended where it said it would.</summary>
sealed record RawAnswer(int Status, Dictionary<string, string> Headers, byte[] Body, bool IsWhole);

/// <summary>Sends any bytes over one HTTP/1.1 connection, opened anew when the server has closed it, and reads the answers.</summary>
sealed class RawHttp(IPEndPoint server) : IDisposable
{
    byte[] _buffer = new byte[4096];
    int _start;
    int _end;
    Socket? _socket;

    /// <summary>Null where the server closed the connection without an answer.</summary>
    public async Task<RawAnswer?> SendAsync(ReadOnlyMemory<byte> request, bool isHead, CancellationToken cancellationToken)
    {
        try
        {
            var isFresh = _socket is null;
            await WriteAsync(request, cancellationToken);
            // An idle connection may have been closed just now: that is no answer to this request.
            var answer = await ReadAsync(isHead, cancellationToken);
            if (answer is null && !isFresh)
            {
                Close();
                await WriteAsync(request, cancellationToken);
                answer = await ReadAsync(isHead, cancellationToken);
            }
            if (answer is not { IsWhole: true } || answer.Headers.GetValueOrDefault("connection") == "close")
            {
                Close();
            }
            return answer;
        }
        catch (SocketException)
        {
            Close();
            return null;
        }
    }

    public void Dispose() => Close();

    void Close()
    {
        _socket?.Dispose();
        _socket = null;
        _start = _end = 0;
    }

    async Task WriteAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        if (_socket is null)
        {
            _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await _socket.ConnectAsync(server, cancellationToken);
        }
        for (var rest = request; rest.Length > 0;)
        {
            rest = rest[await _socket.SendAsync(rest, cancellationToken)..];
        }
    }

    async Task<RawAnswer?> ReadAsync(bool isHead, CancellationToken cancellationToken)
    {
        if (await LineAsync(cancellationToken) is not { Length: >= 12 } status)
        {
            return null;
        }
        var code = int.Parse(status.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(cancellationToken) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
        if (isHead || code is 204 or 304)
        {
            return new(code, headers, [], true);
        }
        using var body = new MemoryStream();
        var isWhole = headers.TryGetValue("content-length", out var length)
            ? await TakeAsync(body, int.Parse(length, System.Globalization.CultureInfo.InvariantCulture), cancellationToken)
            : headers.ContainsKey("transfer-encoding") && await ChunksAsync(body, cancellationToken);
        return new(code, headers, body.ToArray(), isWhole);
    }

    async Task<bool> ChunksAsync(MemoryStream body, CancellationToken cancellationToken)
    {
        while (await LineAsync(cancellationToken) is { Length: > 0 } size)
        {
            var length = Convert.ToInt32(size, 16);
            if (!await TakeAsync(body, length, cancellationToken) || await LineAsync(cancellationToken) is null)
            {
                return false;
            }
            if (length == 0)
            {
                return true;
            }
        }
        return false;
    }

    async Task<string?> LineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start.._end).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length + 2;
                return line;
            }
            if (!await FillAsync(cancellationToken))
            {
                return null;
            }
        }
    }

    async Task<bool> TakeAsync(MemoryStream body, int length, CancellationToken cancellationToken)
    {
        while (_end - _start < length)
        {
            if (!await FillAsync(cancellationToken))
            {
                return false;
            }
        }
        body.Write(_buffer, _start, length);
        _start += length;
        return true;
    }

    async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        var read = await _socket!.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }
}
