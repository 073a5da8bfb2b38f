using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>How the messages of one direction of a call are read.</summary>
/// <param name="MaxSize">Largest message in bytes, inflated; null for no limit.</param>
/// <param name="Compression">The encoding of compressed messages; null when they cannot be read.</param>
/// <param name="WithoutCompression">How a compressed message fails when <paramref name="Compression"/> is null.</param>
sealed record MessageFormat(int? MaxSize, ICompressionProvider? Compression, Status WithoutCompression)
{
    /// <summary>Largest message in bytes, inflated.</summary>
    public int Limit => MaxSize ?? int.MaxValue;

    /// <summary>No compression was announced: a compressed message breaks the protocol.</summary>
    public static MessageFormat Identity(int? maxSize) => new(
        maxSize, null, new Status(StatusCode.Internal, "A message is compressed, but no encoding was announced."));
}
