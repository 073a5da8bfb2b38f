using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Tests.Transcoding;

namespace Grpc.Tests.Fuzz;

/// <summary>What a request deserves, by a second reading of the protocol that shares no code with the runtime.</summary>
static class GrpcOracle
{
    public const int LargestMessage = 64 * 1024;

    static readonly Dictionary<string, MethodDescriptor> s_methods =
        Library.Descriptor.Methods.ToDictionary(method => $"/{Library.Descriptor.FullName}/{method.Name}");

    /// <summary>Whether the status is one that the request may get, beside that of a deadline. Handlers neither fail nor invent one.</summary>
    public static bool IsDue(GrpcRequest request, StatusCode status) => Expect(request) switch
    {
        null => status is StatusCode.OK,
        // What inflates to too much may be found broken first.
        StatusCode.ResourceExhausted when request.Header("grpc-encoding") is not null => status is StatusCode.ResourceExhausted or StatusCode.Internal,
        var one => status == one,
    };

    /// <summary>Null for success.</summary>
    public static StatusCode? Expect(GrpcRequest request)
    {
        if (!s_methods.TryGetValue(request.Path, out var method))
        {
            return StatusCode.Unimplemented;
        }
        var messages = 0;
        for (var rest = request.Body.AsSpan(); rest.Length > 0; messages++)
        {
            if (messages == 1 && !method.IsClientStreaming)
            {
                return StatusCode.Internal;
            }
            if (FailureOf(ref rest, request.Header("grpc-encoding"), method.InputType.Parser) is { } failure)
            {
                // After a failure in the first message, that there is another is not seen, or seen first.
                return failure;
            }
        }
        return messages == 0 && !method.IsClientStreaming ? StatusCode.Internal : null;
    }

    static StatusCode? FailureOf(ref Span<byte> rest, string? encoding, MessageParser parser)
    {
        var flag = rest[0];
        if (flag > 1 || (flag == 1 && encoding is null or "identity"))
        {
            return StatusCode.Internal;
        }
        // The flag alone says so, whatever follows it.
        if (flag == 1 && encoding is not ("gzip" or "deflate"))
        {
            return StatusCode.Unimplemented;
        }
        if (rest.Length < 5)
        {
            return StatusCode.Internal;
        }
        var length = BinaryPrimitives.ReadUInt32BigEndian(rest[1..]);
        if (length > LargestMessage)
        {
            return StatusCode.ResourceExhausted;
        }
        if (length > rest.Length - 5)
        {
            return StatusCode.Internal;
        }
        var message = rest.Slice(5, (int)length).ToArray();
        rest = rest[(5 + (int)length)..];
        try
        {
            var bytes = flag == 0 ? message : Inflate(message, encoding == "gzip");
            if (bytes.Length > LargestMessage)
            {
                return StatusCode.ResourceExhausted;
            }
            parser.ParseFrom(bytes);
            return null;
        }
        // That of protobuf is an IOException; it answers some broken wrappers with InvalidOperationException.
        catch (Exception exception) when (exception is InvalidDataException or IOException or InvalidOperationException)
        {
            return StatusCode.Internal;
        }
    }

    static byte[] Inflate(byte[] bytes, bool isGzip)
    {
        using var source = new MemoryStream(bytes);
        using Stream stream = isGzip ? new GZipStream(source, CompressionMode.Decompress) : new ZLibStream(source, CompressionMode.Decompress);
        var inflated = new byte[LargestMessage + 1];
        var read = stream.ReadAtLeast(inflated, inflated.Length, throwOnEndOfStream: false);
        return inflated[..read];
    }
}
