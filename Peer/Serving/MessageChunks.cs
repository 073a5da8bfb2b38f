using Grpc.Core;
using Grpc.Wire;
using P2P.Contracts.CatalogV1;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>Chunks as messages of Download.</summary>
sealed class MessageChunks(IServerStreamWriter<DownloadResponse> writer) : IChunkWriter
{
    static readonly WriteOptions Waiting = new(WriteFlags.BufferHint);

    readonly BytesFieldWriter<DownloadResponse, (IServedContent Content, long Offset)> _chunks = new(
        writer, DownloadResponse.DataFieldNumber, static (target, from) => UnreadableException.Read(from.Content, target, from.Offset));

    readonly DownloadResponse _message = new();

    public int MostAtFirst => int.MaxValue;

    public void Begin(int number) => _message.RangeIndex = number;

    public void Promise(IServedContent content, long offset, long count)
    {
        // Each message says itself what it has.
    }

    public Task WriteAsync(IServedContent content, long offset, int length, bool mayWait, CancellationToken cancellationToken)
    {
        _message.Offset = offset;
        writer.WriteOptions = mayWait ? Waiting : null;
        return _chunks.WriteAsync(_message, length, (content, offset), cancellationToken);
    }

    public Task FailAsync(Status refusal, CancellationToken cancellationToken)
    {
        writer.WriteOptions = null;
        return writer.WriteAsync(new DownloadResponse { RangeIndex = _message.RangeIndex, Failure = refusal }, cancellationToken);
    }
}
