using System.Numerics;
using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Content;

/// <summary>What a source says of a content. Only the bytes prove it.</summary>
public sealed record SourceDescription(ContentId Content, string Path, DateTimeOffset? Modified, bool Executable);

/// <summary>One of the two is set.</summary>
public readonly record struct DescribeResult(SourceDescription? Description, FetchFailure? Failure);

/// <summary>Bytes of a content that lead to its root. The memory is good only until the sink's call ends.</summary>
/// <param name="Offset">Where in the content they begin.</param>
/// <param name="Data">The bytes.</param>
/// <param name="BlockHashes">32 bytes for each block that they lie in, in order.</param>
public readonly record struct VerifiedBytes(long Offset, ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> BlockHashes);

/// <summary>
/// Takes verified bytes, in order and without gaps. Reading goes on when the call has ended, so that a slow receiver slows the
/// source down.
/// </summary>
public delegate ValueTask VerifiedSink(VerifiedBytes bytes, CancellationToken cancellationToken);

/// <summary>A content to read whole, with the directory's permission where one is needed.</summary>
public readonly record struct BatchItem(ContentId Content, string? Ticket = null);

/// <summary>Takes a whole verified content by its place in the list; the memory is good only until the call ends.</summary>
public delegate ValueTask BatchSink(int index, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

/// <summary>
/// Reads contents from one peer's Catalog and lets nothing through that does not lead to the root. What a source does wrong
/// comes back as a result. Memory is bounded by two messages and 64 KiB of hashes, whatever the source sends.
/// </summary>
/// <param name="client">The peer.</param>
/// <param name="ticket">The directory's permission; null where none is needed.</param>
/// <param name="options">Limits.</param>
/// <param name="time">Clock for them.</param>
/// <param name="plain">The same peer by plain HTTP, for long ranges; null for gRPC only.</param>
public sealed class VerifiedSource(
    Catalog.CatalogClient client, string? ticket, VerifiedSourceOptions options, TimeProvider time, PlainHttp? plain = null)
{
    /// <summary>The longest content that <see cref="FetchBatchAsync"/> takes, in bytes.</summary>
    public const int MostInBatch = 256 * 1024;

    /// <summary>How many contents <see cref="FetchBatchAsync"/> takes, as the contract has it.</summary>
    public const int MostItems = 1024;

    // The most that the contract lets ask for at once.
    const int MostHashes = 16384;

    internal Catalog.CatalogClient Client => client;

    internal string? Ticket => ticket;

    internal VerifiedSourceOptions Options => options;

    internal TimeProvider Time => time;

    internal PlainHttp? Plain => plain;

    /// <summary>Asks for root and length of a name: a base name, or a whole path with a <c>/</c>.</summary>
    public async Task<DescribeResult> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        using Silence silence = new(options.Silence.LimitFor(0), time, cancellationToken);
        DescribeRequest request = new() { Path = path };
        if (ticket is not null)
            request.Ticket = ticket;
        try
        {
            DescribeResponse answer = await client.DescribeAsync(request, cancellationToken: silence.Token).ConfigureAwait(false);
            if (!ContentRoot.TryParse(answer.Root, out ContentRoot root) || !new ContentId(root, answer.Length).IsValid)
                return new DescribeResult(null, new FetchFailure(FetchFault.Misbehaved, "The source described a content that cannot be."));
            return new DescribeResult(
                new SourceDescription(new ContentId(root, answer.Length), answer.Path, Times.Read(answer.Time), answer.Executable), null);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            return new DescribeResult(null, silence.FailureOf(e));
        }
    }

    /// <summary>Reads a range, every 16 KiB of it verified before it is handed out.</summary>
    /// <param name="content">Root and length.</param>
    /// <param name="offset">First byte; need not be at a block's edge.</param>
    /// <param name="count">Bytes, within the content.</param>
    /// <param name="sink">Takes the bytes; its exceptions pass through.</param>
    /// <param name="cancellationToken">The caller's cancel, which throws.</param>
    /// <returns>Null when all was handed out; else why the rest was not.</returns>
    public async Task<FetchFailure?> FetchAsync(
        ContentId content, long offset, long count, VerifiedSink sink, CancellationToken cancellationToken)
    {
        if (!content.IsValid)
            throw new ArgumentException("No content has this root and length.", nameof(content));
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, content.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, content.Length - offset);
        if (count == 0)
            return null;
        using Silence silence = new(options.Silence.LimitFor(count), time, cancellationToken);
        using RangeFetch fetch = new(this, content, offset, count, sink, silence);
        return await fetch.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads many small contents with one call, each verified before it is handed out.</summary>
    /// <param name="items">Valid contents of at most <see cref="MostInBatch"/> bytes; 1 to <see cref="MostItems"/>.</param>
    /// <param name="sink">Takes those that came, in order; its exceptions pass through.</param>
    /// <param name="cancellationToken">The caller's cancel, which throws.</param>
    /// <returns>For each why it did not come; null where it did.</returns>
    public async Task<IReadOnlyList<FetchFailure?>> FetchBatchAsync(IReadOnlyList<BatchItem> items, BatchSink sink, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(items.Count, MostItems);
        if (items.Any(item => !item.Content.IsValid || item.Content.Length > MostInBatch))
            throw new ArgumentException("A content is none, or is too long for a batch.", nameof(items));
        if (items.Count == 0)
            return [];
        using Silence silence = new(options.Silence.LimitFor(items.Sum(item => item.Content.Length)), time, cancellationToken);
        using BatchFetch fetch = new(this, items, sink, silence);
        return await fetch.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for the hashes of all pieces of a content.</summary>
    /// <returns>Null if the source did not give them, or they do not lead to the root; also for a content of too many pieces.</returns>
    public async Task<byte[]?> FetchPieceLayerAsync(ContentId content, CancellationToken cancellationToken)
    {
        PieceGeometry geometry = new(content.Length);
        int count = (int)Math.Min(int.MaxValue, (long)BitOperations.RoundUpToPowerOf2((ulong)geometry.PieceCount));
        if (count is < 2 or > MostHashes)
            return null;
        using Silence silence = new(options.Silence.LimitFor(0), time, cancellationToken);
        DescribeRequest request = new()
        {
            Root = content.Root.ToString(),
            Length = content.Length,
            Hashes = new HashRange { Layer = geometry.PieceLevel, Count = count },
        };
        if (ticket is not null)
            request.Ticket = ticket;
        try
        {
            DescribeResponse answer = await client.DescribeAsync(request, cancellationToken: silence.Token).ConfigureAwait(false);
            MerkleProof proof = new(geometry.PieceLevel, 0, answer.Hashes.Memory, answer.Proof.Memory);
            return proof.Proves(content) && answer.Hashes.Length == count * MerkleHash.Size
                ? answer.Hashes.Span[..(int)(geometry.PieceCount * MerkleHash.Size)].ToArray()
                : null;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            silence.FailureOf(e);
            return null;
        }
    }
}
