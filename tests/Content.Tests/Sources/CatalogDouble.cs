using Google.Protobuf;
using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Content.Tests.Sources;

/// <summary>A peer that has one content, and answers honestly until a test tells it otherwise.</summary>
sealed class CatalogDouble(byte[] data) : CallInvoker
{
    readonly MerkleTree _tree = Samples.TreeOf(data);

    public byte[] Data => data;

    public ContentId Content { get; } = Samples.ContentOf(data);

    /// <summary>Bytes a message.</summary>
    public int Chunk { get; init; } = 40_000;

    /// <summary>Changes or replaces the messages of a download.</summary>
    public Func<IAsyncEnumerable<DownloadResponse>, IAsyncEnumerable<DownloadResponse>> OnDownload { get; init; } = messages => messages;

    /// <summary>Changes or replaces the answer of Describe.</summary>
    public Func<DescribeResponse, CancellationToken, Task<DescribeResponse>> OnDescribe { get; init; } = (answer, _) => Task.FromResult(answer);

    public int Describes { get; private set; }

    public List<DownloadRequest> Downloads { get; } = [];

    public Catalog.CatalogClient Client => new(this);

    public VerifiedSource Source(TimeProvider? time = null) =>
        new(Client, "ticket", new VerifiedSourceOptions(), time ?? TimeProvider.System);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        Describes++;
        Task<DescribeResponse> answer = DescribeAsync((DescribeRequest)(object)request, options.CancellationToken);
        return new AsyncUnaryCall<TResponse>(
            (Task<TResponse>)(object)answer, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        DownloadRequest download = (DownloadRequest)(object)request;
        Downloads.Add(download);
        Stream stream = new(OnDownload(Honest(download.Ranges[0])).GetAsyncEnumerator(options.CancellationToken));
        return new AsyncServerStreamingCall<TResponse>(
            (IAsyncStreamReader<TResponse>)(object)stream, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    async Task<DescribeResponse> DescribeAsync(DescribeRequest request, CancellationToken cancellationToken)
    {
        DescribeResponse answer = new() { Root = Content.Root.ToString(), Length = Content.Length, Path = "label/name" };
        if (request.Hashes is { } range)
        {
            MerkleProof proof = _tree.Prove(range.Layer, range.Index, range.Count);
            answer.Hashes = ByteString.CopyFrom(proof.Nodes.Span);
            answer.Proof = ByteString.CopyFrom(proof.Uncles.Span);
        }

        return await OnDescribe(answer, cancellationToken);
    }

    async IAsyncEnumerable<DownloadResponse> Honest(DownloadRange range)
    {
        await Task.Yield();
        for (long at = range.Offset, end = range.Offset + range.Count; at < end; at += Chunk)
        {
            int length = (int)Math.Min(Chunk, end - at);
            yield return new DownloadResponse { Offset = at, Data = ByteString.CopyFrom(data, (int)at, length) };
        }
    }

    sealed class Stream(IAsyncEnumerator<DownloadResponse> messages) : IAsyncStreamReader<DownloadResponse>
    {
        public DownloadResponse Current => messages.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await messages.MoveNextAsync();
        }
    }
}
