using System.Buffers;

namespace Grpc.AspNetCore.Server.OnePort;

enum PrefaceMatch
{
    None,
    Partial,
    Whole,
}

/// <summary>What every HTTP/2 client sends first (RFC 9113, section 3.4). Its first line is no request that HTTP/1.1 could answer.</summary>
static class Http2Preface
{
    static ReadOnlySpan<byte> FirstLine => "PRI * HTTP/2.0\r\n"u8;

    public static PrefaceMatch Match(in ReadOnlySequence<byte> opening)
    {
        var length = (int)Math.Min(opening.Length, FirstLine.Length);
        Span<byte> start = stackalloc byte[length];
        opening.Slice(0, length).CopyTo(start);
        return !FirstLine.StartsWith(start) ? PrefaceMatch.None
            : length == FirstLine.Length ? PrefaceMatch.Whole
            : PrefaceMatch.Partial;
    }
}
