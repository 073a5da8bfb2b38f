using System.Buffers;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Fetching;

/// <summary>Reads a content from another peer's Catalog. A piece is handed on once its 16 KiB blocks lead to the proven hash.</summary>
/// <param name="client">The peer.</param>
/// <param name="ticket">The directory's permission, or empty.</param>
/// <param name="content">What to read.</param>
/// <param name="hashes">Shared by all sources of the content.</param>
public sealed class CatalogSource(Catalog.CatalogClient client, string ticket, ContentId content, PieceHashes hashes) : IBlockSource
{
    public async Task<SourceFault?> ReadAsync(long offset, long length, IBlockReceiver receiver, CancellationToken cancellationToken)
    {
        try
        {
            (long first, long end) = hashes.Geometry.PiecesOf(offset, length);
            return await hashes.LearnAsync(client, ticket, first, end, cancellationToken)
                ?? await DownloadAsync(first, end, receiver, cancellationToken);
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return CatalogFaults.Of(e);
        }
    }

    // 1. Ask for the range. 2. Check that what comes is the next bytes of it. 3. Fill a piece, verify, hand on. 4. See the end.
    async Task<SourceFault?> DownloadAsync(long first, long end, IBlockReceiver receiver, CancellationToken cancellationToken)
    {
        (long offset, long length) = hashes.Geometry.BytesOf(first, end);
        using AsyncServerStreamingCall<DownloadResponse> call = client.Download(RequestOf(offset, length), cancellationToken: cancellationToken);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(hashes.Geometry.LengthOf(first));
        try
        {
            PieceFiller filler = new(hashes, first, end, buffer);
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                DownloadResponse message = call.ResponseStream.Current;
                if (message.Failure is { } failure)
                    return CatalogFaults.Of(failure);
                if (message.RangeIndex != 0 || message.Offset != filler.Offset || message.Data.Length > offset + length - filler.Offset)
                    return new SourceFault(SourceFaultKind.Misbehaved, "It sent other bytes than it was asked for.");
                receiver.Arrived(message.Data.Length);
                if (await filler.AddAsync(message.Data.Memory, receiver, cancellationToken) is { } fault)
                    return fault;
            }

            return filler.IsComplete ? null : new SourceFault(SourceFaultKind.Misbehaved, "It sent fewer bytes than it was asked for.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    DownloadRequest RequestOf(long offset, long length)
    {
        DownloadRange range = new() { Root = content.Root.ToString(), Length = content.Length, Offset = offset, Count = length };
        if (ticket.Length > 0)
            range.Ticket = ticket;
        return new DownloadRequest { Ranges = { range } };
    }

    // Collects one piece at a time; nothing leaves it unverified.
    sealed class PieceFiller(PieceHashes hashes, long piece, long end, byte[] buffer)
    {
        readonly MerkleHasher _hasher = new();
        int _filled;

        /// <summary>Where the next byte belongs.</summary>
        public long Offset => IsComplete ? hashes.Geometry.OffsetOf(piece - 1) + hashes.Geometry.LengthOf(piece - 1) : hashes.Geometry.OffsetOf(piece) + _filled;

        public bool IsComplete => piece == end;

        public async ValueTask<SourceFault?> AddAsync(ReadOnlyMemory<byte> data, IBlockReceiver receiver, CancellationToken cancellationToken)
        {
            while (data.Length > 0)
            {
                int wanted = hashes.Geometry.LengthOf(piece) - _filled;
                ReadOnlyMemory<byte> taken = data[..Math.Min(wanted, data.Length)];
                taken.CopyTo(buffer.AsMemory(_filled));
                _hasher.Append(taken.Span);
                _filled += taken.Length;
                data = data[taken.Length..];
                if (taken.Length < wanted)
                    continue;
                if (!hashes.Matches(piece, _hasher))
                    return new SourceFault(SourceFaultKind.WrongBytes, $"Piece {piece} that it sent is not what the root says.");
                await receiver.TakeAsync(hashes.Geometry.OffsetOf(piece), buffer.AsMemory(0, _filled), cancellationToken);
                _hasher.Reset();
                _filled = 0;
                piece++;
            }

            return null;
        }
    }
}
