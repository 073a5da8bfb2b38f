using System.Numerics;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Fetching;

/// <summary>
/// The proven hashes of a content's pieces. They are asked for in runs of up to 16,384, of whoever is read from first; a run
/// is kept only once it was proved to lead to the root. Safe for use by several lanes at once.
/// </summary>
public sealed class PieceHashes
{
    const int MostAtOnce = 16384;

    readonly ContentId _content;
    readonly int _run;
    readonly ReadOnlyMemory<byte>[] _runs;

    public PieceHashes(ContentId content)
    {
        _content = content;
        Geometry = new PieceGeometry(content.Length);
        _run = (int)Math.Min(MostAtOnce, (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, Geometry.PieceCount)));
        _runs = new ReadOnlyMemory<byte>[(Geometry.PieceCount + _run - 1) / _run];
        // The hash of the only piece is the root itself.
        if (Geometry.PieceCount == 1)
            _runs[0] = content.Root.ToArray();
    }

    public PieceGeometry Geometry { get; }

    /// <summary>Whether the hasher, to which exactly this piece was appended, has the piece's hash.</summary>
    public bool Matches(long piece, MerkleHasher hasher) => hasher.Finish(Geometry.PieceLevel) == HashOf(piece);

    /// <summary>The hash of a piece that was learned.</summary>
    public ContentRoot HashOf(long piece) =>
        new(_runs[piece / _run].Span.Slice((int)(piece % _run) * MerkleHash.Size, MerkleHash.Size));

    /// <summary>Makes sure that the hashes of a run of pieces are known.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="ticket">The directory's permission, or empty.</param>
    /// <param name="first">First piece.</param>
    /// <param name="end">After the last piece.</param>
    /// <param name="cancellationToken">The caller's cancel.</param>
    /// <returns>Null when they are; else what the source did.</returns>
    /// <exception cref="RpcException">The call failed.</exception>
    public async ValueTask<SourceFault?> LearnAsync(
        Catalog.CatalogClient client, string ticket, long first, long end, CancellationToken cancellationToken)
    {
        for (long run = first / _run; run * _run < end; run++)
        {
            if (!_runs[run].IsEmpty)
                continue;
            DescribeRequest request = new()
            {
                Root = _content.Root.ToString(),
                Length = _content.Length,
                Hashes = new HashRange { Layer = Geometry.PieceLevel, Index = run * _run, Count = _run },
            };
            if (ticket.Length > 0)
                request.Ticket = ticket;
            DescribeResponse answer = await client.DescribeAsync(request, cancellationToken: cancellationToken);
            MerkleProof proof = new(Geometry.PieceLevel, run * _run, answer.Hashes.Memory, answer.Proof.Memory);
            if (answer.Hashes.Length != _run * MerkleHash.Size || !proof.Proves(_content))
                return new SourceFault(SourceFaultKind.WrongBytes, "Its hashes do not lead to the root.");
            _runs[run] = answer.Hashes.Memory;
        }

        return null;
    }
}
