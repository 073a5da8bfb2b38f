using System.Numerics;
using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Content;

/// <summary>
/// Asks a source for the block hashes of a range, window by window and one window ahead, so that the bytes need not wait.
/// </summary>
sealed class ProofWindows
{
    readonly VerifiedSource _source;
    readonly ContentId _content;
    readonly long _endBlock;
    readonly int _size;
    readonly Silence _silence;
    (long Window, Task<(BlockVerifier? Verifier, FetchFailure? Failure)> Answer) _ahead = (-1, null!);

    public ProofWindows(VerifiedSource source, ContentId content, long firstBlock, long endBlock, Silence silence)
    {
        _source = source;
        _content = content;
        _endBlock = endBlock;
        _silence = silence;
        long padded = 1L << new TreeShape(content.Length).Height;
        long wanted = (long)BitOperations.RoundUpToPowerOf2((ulong)(endBlock - firstBlock));
        _size = (int)Math.Min(Math.Min(wanted, padded), source.Options.ProofBlocks);
    }

    /// <summary>Begins to ask for the window of a block, unless it lies past the range.</summary>
    public void Ask(long block)
    {
        if (block < _endBlock)
            _ahead = (block / _size, AskAsync(block / _size));
    }

    /// <summary>The hashes around a block, for which <see cref="Ask"/> was called; asks for the next window.</summary>
    public async ValueTask<(BlockVerifier? Verifier, FetchFailure? Failure)> TakeAsync(long block)
    {
        (BlockVerifier? Verifier, FetchFailure? Failure) answer = await _ahead.Answer.ConfigureAwait(false);
        if (answer.Verifier is not null)
            Ask((block / _size + 1) * _size);
        return answer;
    }

    /// <summary>Waits until nothing is under way, whatever came of it.</summary>
    public Task SettleAsync() => _ahead.Answer is null ? Task.CompletedTask : Task.WhenAny(_ahead.Answer);

    async Task<(BlockVerifier? Verifier, FetchFailure? Failure)> AskAsync(long window)
    {
        DescribeRequest request = new()
        {
            Root = _content.Root.ToString(),
            Length = _content.Length,
            Hashes = new HashRange { Index = window * _size, Count = _size },
        };
        if (_source.Ticket is { } ticket)
            request.Ticket = ticket;
        try
        {
            DescribeResponse answer = await _source.Client.DescribeAsync(request, cancellationToken: _silence.Token).ConfigureAwait(false);
            MerkleProof proof = new(0, window * _size, answer.Hashes.Memory, answer.Proof.Memory);
            BlockVerifier? verifier = answer.Hashes.Length == _size * MerkleHash.Size ? BlockVerifier.Create(_content, proof) : null;
            return verifier is null
                ? (null, new FetchFailure(FetchFault.WrongBytes, "The source's hashes do not lead to the root."))
                : (verifier, null);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            return (null, _silence.FailureOf(e));
        }
    }
}
