using System.Threading.Channels;
using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>The pieces of a download for who serves it meanwhile: those that are here, then those that come.</summary>
sealed class PieceNews
{
    readonly Channel<long> _pieces = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true });

    public PieceNews(PartFile part)
    {
        for (long piece = 0; piece < part.Geometry.PieceCount; piece++)
        {
            if (part.Has(piece))
                Add(piece);
        }
    }

    /// <summary>For one reader; each piece at least once.</summary>
    public ChannelReader<long> Reader => _pieces.Reader;

    public void Add(long piece) => _pieces.Writer.TryWrite(piece);

    /// <summary>No more come.</summary>
    public void End() => _pieces.Writer.TryComplete();
}
