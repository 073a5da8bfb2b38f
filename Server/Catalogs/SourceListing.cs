using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;
using P2P.Server.Viewing;

namespace P2P.Server.Catalogs;

/// <summary>Says who holds a content.</summary>
sealed class SourceListing(CatalogIndex index, PageTokens tokens)
{
    const int DefaultSize = 100;
    const int MostLengthsTold = 20;

    /// <param name="request">A valid request.</param>
    /// <param name="caller">Whoever asks: each is given the sources in an order of its own, so that not all fetch from the same ones.</param>
    /// <param name="viewer">What it may see.</param>
    public LocateResponse List(LocateRequest request, string caller, Viewer viewer)
    {
        var query = new LocateRequest(request) { PageSize = 0, PageToken = "" };
        var content = Resolve(ContentRoot.Parse(request.Root), request.HasLength ? request.Length : null, viewer);
        var start = request.PageToken.Length == 0
            ? (Seed: BinaryPrimitives.ReadUInt64LittleEndian(Print(caller)), After: ((ulong, string)?)null)
            : Cursor.Read(
                tokens.OpenOrRefuse(query, request.PageToken), reader => (reader.ReadUInt64(), (reader.ReadUInt64(), reader.ReadString())));
        var sources = index.Holders(content, viewer)
            .Select(holder => (Rank: (Place(start.Seed, holder.Peer), holder.Peer.PeerId), holder.Peer, holder.File))
            .ToList();
        var size = request.PageSize == 0 ? DefaultSize : request.PageSize;
        var page = sources
            .Where(source => start.After is not { } after || source.Rank.CompareTo(after) > 0)
            .OrderBy(source => source.Rank)
            .Take(size + 1)
            .ToList();
        var response = new LocateResponse
        {
            Root = request.Root,
            Length = content.Length,
            SourceCount = sources.Count,
            Sources = { page.Take(size).Select(source => new LocatedSource { Source = source.Peer.ToSource(source.File.Path) }) },
        };
        if (page.Count > size)
        {
            var (place, peerId) = page[size - 1].Rank;
            response.NextPageToken = tokens.Seal(query, Cursor.Write(writer =>
            {
                writer.Write(start.Seed);
                writer.Write(place);
                writer.Write(peerId);
            }));
        }

        return response;
    }

    /// <summary>The content that a root, with or without a length, stands for among the live peers.</summary>
    public ContentId Resolve(ContentRoot root, long? length, Viewer viewer)
    {
        var lengths = index.Lengths(root, viewer);
        if (lengths.Count == 0)
        {
            throw new RefusalException(ErrorReason.NoSuchContent, "No live peer shares that content.");
        }

        var text = string.Join(',', lengths.Take(MostLengthsTold));
        if (length is null && lengths.Count > 1)
        {
            throw new RefusalException(ErrorReason.AmbiguousContent, $"The root stands for contents of lengths {text}; name one.")
            {
                Metadata = ImmutableDictionary<string, string>.Empty.Add("lengths", text),
            };
        }

        return length is null || lengths.Contains(length.Value)
            ? new ContentId(root, length ?? lengths[0])
            : throw new RefusalException(ErrorReason.NoSuchContent, $"No live peer shares that root with that length; known lengths: {text}.");
    }

    static ulong Place(ulong seed, LivePeer peer) => BinaryPrimitives.ReadUInt64LittleEndian(Print($"{seed} {peer.PeerId}"));

    static byte[] Print(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
