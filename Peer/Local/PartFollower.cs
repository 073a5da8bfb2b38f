using Grpc.Core;
using P2P.Content;
using P2P.Peers.Local.V1;
using P2P.Peers.Serving;

namespace P2P.Peers.Local;

/// <summary>Serves a download that another process of this user has under way, for as long as that tells of it.</summary>
static class PartFollower
{
    public static async Task FollowAsync(PartialShelf shelf, IAsyncStreamReader<ServePartRequest> news, CancellationToken cancellationToken)
    {
        PartialContent? part = null;
        try
        {
            while (await news.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                part ??= Open(shelf, news.Current.Header);
                foreach (var piece in news.Current.Pieces)
                {
                    if (piece < 0 || piece >= part.PieceCount || !part.Add(piece))
                    {
                        throw Refuse($"Piece {piece} is not what the content has there.");
                    }
                }
            }
        }
        finally
        {
            if (part is not null)
            {
                shelf.End(part);
            }
        }
    }

    static PartialContent Open(PartialShelf shelf, PartHeader? header)
    {
        PartialContent? part = null;
        try
        {
            if (ContentRoot.TryParse(header?.Root ?? "", out var root) && new ContentId(root, header!.Length) is { IsValid: true } content)
                part = PartialContent.Open(content, NameSanitizer.Sanitize(header.Name), header.PartFile, header.PieceLayer.ToByteArray());
        }
        catch (IOException e)
        {
            throw Refuse(e.Message);
        }

        if (part is not null && shelf.Add(part))
        {
            return part;
        }

        part?.Close();
        throw Refuse("The part cannot be served.");
    }

    static RpcException Refuse(string message) => new(new Status(StatusCode.FailedPrecondition, message));
}
