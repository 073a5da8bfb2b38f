using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Server.Tests.Relay;

/// <summary>A peer's Catalog with one file, on a port of its own; honest until a test tells it otherwise.</summary>
sealed class SourceDouble : IAsyncDisposable
{
    readonly WebApplication _app;

    SourceDouble(WebApplication app)
    {
        _app = app;
        Port = new Uri(app.Urls.Single()).Port;
    }

    public int Port { get; }

    public static async Task<SourceDouble> StartAsync(byte[] data, long? breaksAt = null, long? flipsAt = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").UseOneCleartextPort();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new CatalogDouble(data, breaksAt, flipsAt));
        var app = builder.Build();
        app.MapGrpcService<CatalogDouble>();
        await app.StartAsync();
        return new SourceDouble(app);
    }

    public static byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);

    public static ContentId ContentOf(byte[] data)
    {
        var hasher = new MerkleHasher();
        hasher.Append(data);
        return new ContentId(hasher.Finish(), data.Length);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    internal sealed class CatalogDouble(byte[] data, long? breaksAt, long? flipsAt) : Catalog.CatalogBase
    {
        const int Chunk = 40_000;

        readonly MerkleTree _tree = TreeOf(data);

        public override Task<DescribeResponse> Describe(DescribeRequest request, ServerCallContext context)
        {
            var content = ContentOf(data);
            var answer = new DescribeResponse { Root = content.Root.ToString(), Length = content.Length, Path = "label/name" };
            if (request.Hashes is { } range)
            {
                var proof = _tree.Prove(range.Layer, range.Index, range.Count);
                answer.Hashes = ByteString.CopyFrom(proof.Nodes.Span);
                answer.Proof = ByteString.CopyFrom(proof.Uncles.Span);
            }

            return Task.FromResult(answer);
        }

        public override async Task Download(DownloadRequest request, IServerStreamWriter<DownloadResponse> responseStream, ServerCallContext context)
        {
            var range = request.Ranges[0];
            for (long at = range.Offset, end = range.Offset + range.Count; at < end; at += Chunk)
            {
                if (at >= breaksAt)
                {
                    context.GetHttpContext().Abort();
                    return;
                }

                var bytes = data.AsSpan((int)at, (int)Math.Min(Chunk, end - at)).ToArray();
                if (flipsAt >= at && flipsAt < at + bytes.Length)
                {
                    bytes[(int)(flipsAt.Value - at)] ^= 1;
                }

                await responseStream.WriteAsync(new DownloadResponse { Offset = at, Data = ByteString.CopyFrom(bytes) }, context.CancellationToken);
            }
        }

        static MerkleTree TreeOf(byte[] data)
        {
            var hasher = new MerkleHasher(layer: 0);
            hasher.Append(data);
            hasher.Finish();
            return MerkleTree.FromLayer(new TreeShape(data.Length), 0, hasher.Layer.Span);
        }
    }
}
