using System.Net;
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

    /// <param name="data">Its file.</param>
    /// <param name="breaksAt">Where it aborts the connection.</param>
    /// <param name="flipsAt">A byte that it sends wrong.</param>
    /// <param name="door">Whom it lets in, over TLS; null for everyone, in the clear.</param>
    /// <param name="port">0 for any that is free.</param>
    /// <param name="forgetsAt">Where it forgets, once, whom it has let in.</param>
    public static async Task<SourceDouble> StartAsync(
        byte[] data, long? breaksAt = null, long? flipsAt = null, TicketDoor? door = null, long? forgetsAt = null, int port = 0)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        if (door is null)
        {
            builder.WebHost.UseUrls($"http://127.0.0.1:{port}").UseOneCleartextPort();
        }
        else
        {
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, door.Configure));
        }

        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new CatalogDouble(data, breaksAt, flipsAt, door, forgetsAt));
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

    internal sealed class CatalogDouble(byte[] data, long? breaksAt, long? flipsAt, TicketDoor? door, long? forgetsAt) : Catalog.CatalogBase
    {
        const int Chunk = 40_000;

        readonly MerkleTree _tree = TreeOf(data);
        bool _forgot;

        public override Task<DescribeResponse> Describe(DescribeRequest request, ServerCallContext context)
        {
            var content = ContentOf(data);
            door?.Admit(context, content, request.Ticket);
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
            door?.Admit(context, ContentOf(data), range.Ticket);
            for (long at = range.Offset, end = range.Offset + range.Count; at < end; at += Chunk)
            {
                if (at >= breaksAt)
                {
                    context.GetHttpContext().Abort();
                    return;
                }

                if (at >= forgetsAt && !_forgot)
                {
                    _forgot = true;
                    throw door!.Forget();
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
