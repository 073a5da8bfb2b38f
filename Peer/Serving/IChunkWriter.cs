using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>In what form the bytes of ranges go out.</summary>
interface IChunkWriter
{
    /// <summary>Bytes of a range's first chunk at most.</summary>
    int MostAtFirst { get; }

    /// <summary>What comes belongs to this range of the request.</summary>
    void Begin(int number);

    /// <summary>A range of so many bytes of a content will be sent.</summary>
    void Promise(IServedContent content, long offset, long count);

    /// <summary>Reads a chunk from the file into the memory that is sent.</summary>
    /// <param name="content">Where it is read from.</param>
    /// <param name="offset">Where it begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="mayWait">More follows at once: it need not be sent yet.</param>
    /// <param name="cancellationToken">The call's end.</param>
    /// <exception cref="UnreadableException">The file does not give it, and nothing has been written.</exception>
    Task WriteAsync(IServedContent content, long offset, int length, bool mayWait, CancellationToken cancellationToken);

    /// <summary>Says instead of the range's first byte why there is none; throws where that ends the call.</summary>
    Task FailAsync(Status refusal, CancellationToken cancellationToken);
}

/// <summary>Passes through a stream's writer, which then writes nothing.</summary>
sealed class UnreadableException(Status refusal) : Exception
{
    public Status Refusal => refusal;

    /// <exception cref="UnreadableException">The file does not give the bytes.</exception>
    public static void Read(IServedContent content, Span<byte> target, long offset)
    {
        if (content.Read(target, offset) is { } refusal)
        {
            throw new UnreadableException(refusal);
        }
    }
}
