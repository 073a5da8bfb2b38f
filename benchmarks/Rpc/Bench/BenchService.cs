using Bench.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Wire;

namespace Bench;

/// <summary>What a contestant of ours does: no more than the controls do.</summary>
sealed class BenchService : V1.Bench.BenchBase
{
    static readonly byte[] s_bytes = new byte[1024 * 1024];

    public override Task<EchoResponse> Echo(EchoRequest request, ServerCallContext context) =>
        Task.FromResult(new EchoResponse { Text = request.Text, Number = request.Number });

    public override async Task Download(DownloadRequest request, IServerStreamWriter<Chunk> responseStream, ServerCallContext context)
    {
        var writer = new BytesFieldWriter<Chunk, byte[]>(
            responseStream, Chunk.DataFieldNumber, static (target, from) => from.AsSpan(0, target.Length).CopyTo(target));
        var chunk = new Chunk();
        for (long sent = 0; sent < request.Count; sent++)
        {
            if (request.InPlace)
            {
                chunk.Offset = sent * request.Length;
                await writer.WriteAsync(chunk, request.Length, s_bytes, CancellationToken.None);
            }
            else
            {
                var data = UnsafeByteOperations.UnsafeWrap(s_bytes.AsMemory(0, request.Length));
                await responseStream.WriteAsync(new Chunk { Offset = sent * request.Length, Data = data });
            }
        }
    }
}
