using System.Buffers.Binary;
using System.IO.Compression;

namespace Grpc.Tests.Fuzz;

/// <summary>Makes a request of another: by the bytes of its messages, its frames, its headers or its path.</summary>
sealed class GrpcMutator(IReadOnlyList<GrpcRequest> corpus)
{
    static readonly string[] s_headers =
    [
        "grpc-encoding: gzip", "grpc-encoding: deflate", "grpc-encoding: identity", "grpc-encoding: snappy", "grpc-accept-encoding: gzip", "grpc-accept-encoding: ,;",
        "grpc-timeout: 10S", "grpc-timeout: 1n", "grpc-timeout: 1u", "grpc-timeout: 99999999H", "grpc-timeout: 0S", "grpc-timeout: -1S", "grpc-timeout: 1e3S", "grpc-timeout: S",
        "x-data-bin: AQI", "x-data-bin: AQI=,AQ", "x-data-bin: !", "x-text: ~ %41 ,", "te: trailers", "user-agent: grpc-x/1", "grpc-previous-rpc-attempts: 1", "accept-encoding: br",
    ];

    static readonly string[] s_types =
        ["application/grpc", "application/grpc+proto", "APPLICATION/GRPC", "application/grpc;x=y", "application/grpcx", "application/grpc-web", "text/plain"];

    static readonly byte[] s_interesting = [0, 1, 2, 5, 7, 8, 0x7F, 0x80, 0xFF];

#pragma warning disable CA5394 // The same requests every time.
    public GrpcRequest Mutate(GrpcRequest request, Random random)
    {
        for (var edits = random.Next(1, 4); edits > 0; edits--)
        {
            request = random.Next(24) switch
            {
                < 5 => request with { Body = EditMessage(request.Body, random) },
                < 10 => request with { Body = Merge(request, random) },
                10 => request with { Body = EditFrames(request.Body, random) },
                11 => request with { Body = EditBytes(request.Body, random) },
                < 16 => Compress(request, random),
                16 => request with { Body = [.. request.Body, .. corpus[random.Next(corpus.Count)].Body] },
                17 => request with { Path = EditPath(request.Path, random) },
                18 => request with { Headers = [.. request.Headers.Where(_ => random.Next(3) > 0), $"content-type: {s_types[random.Next(s_types.Length)]}"] },
                _ => request with { Headers = [.. request.Headers, s_headers[random.Next(s_headers.Length)]] },
            };
        }
        return request;
    }

    // The first message alone changes, and its length is put right.
    static byte[] EditMessage(byte[] body, Random random)
    {
        if (Length(body) is not { } length)
        {
            return body;
        }
        var message = EditBytes(body.AsSpan(5, length).ToArray(), random);
        return [.. Frame(body[0], message), .. body.AsSpan(5 + length)];
    }

    // Encodings after each other are one message again: with fields set twice, oneofs changed, lists longer.
    byte[] Merge(GrpcRequest request, Random random)
    {
        var body = request.Body;
        var other = corpus[random.Next(corpus.Count)];
        return other.Call == request.Call && Length(body) is { } length && Length(other.Body) is { } more && body[0] == 0
            ? [.. Frame(0, [.. body.AsSpan(5, length), .. other.Body.AsSpan(5, more)]), .. body.AsSpan(5 + length)]
            : body;
    }

    static byte[] EditFrames(byte[] body, Random random)
    {
        var edited = (byte[])body.Clone();
        switch (random.Next(5))
        {
            case 0 when edited.Length > 0:
                edited[0] = s_interesting[random.Next(s_interesting.Length)];
                return edited;
            case 1 when edited.Length > 4:
                edited[1 + random.Next(4)] = s_interesting[random.Next(s_interesting.Length)];
                return edited;
            case 2:
                return edited[..random.Next(edited.Length + 1)];
            case 3:
                return [.. edited, .. edited];
            default:
                return [.. edited, .. Frame(0, [])];
        }
    }

    static byte[] EditBytes(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length + 1);
        var count = Math.Min(random.Next(1, 9), bytes.Length - at);
        var noise = new byte[random.Next(1, 5)];
        random.NextBytes(noise);
        switch (random.Next(5))
        {
            case 0 when at < bytes.Length:
                bytes = (byte[])bytes.Clone();
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1 when at < bytes.Length:
                bytes = (byte[])bytes.Clone();
                bytes[at] = s_interesting[random.Next(s_interesting.Length)];
                return bytes;
            case 2:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + count)];
            case 3:
                return [.. bytes.AsSpan(0, at + count), .. bytes.AsSpan(at)];
            default:
                return [.. bytes.AsSpan(0, at), .. noise, .. bytes.AsSpan(at)];
        }
    }

    // Well-made, most of the time: what lies behind the decompressor is to be reached too.
    static GrpcRequest Compress(GrpcRequest request, Random random)
    {
        if (Length(request.Body) is not { } length || request.Body[0] != 0)
        {
            return request;
        }
        var isGzip = random.Next(2) == 0;
        using var target = new MemoryStream();
        using (Stream stream = isGzip ? new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true) : new ZLibStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            // A little becomes much, now and then: more than the server takes.
            stream.Write(random.Next(20) == 0 ? new byte[1 << 20] : request.Body.AsSpan(5, length));
        }
        var compressed = random.Next(4) == 0 ? EditBytes(target.ToArray(), random) : target.ToArray();
        return request with
        {
            Headers = [.. request.Headers.Where(header => !header.StartsWith("grpc-encoding:", StringComparison.Ordinal)), $"grpc-encoding: {(isGzip ? "gzip" : "deflate")}"],
            Body = [.. Frame(1, compressed), .. request.Body.AsSpan(5 + length)],
        };
    }

    static string EditPath(string path, Random random) => random.Next(5) switch
    {
        0 => path.ToLowerInvariant(),
        1 => path + "x",
        2 => path + "/",
        3 => "/no.such.Service/Method",
        _ => path[..(path.LastIndexOf('/') + 1)] + "Fail",
    };
#pragma warning restore CA5394

    static int? Length(byte[] body) =>
        body.Length >= 5 && BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(1)) is var length && length <= body.Length - 5 ? (int)length : null;

    static byte[] Frame(byte flag, byte[] message)
    {
        byte[] frame = [flag, 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        return frame;
    }
}
