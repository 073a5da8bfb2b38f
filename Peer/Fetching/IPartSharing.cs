using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>Lets others have what is here of a download that is under way.</summary>
public interface IPartSharing
{
    /// <summary>Shorter ones are over before anybody hears of them.</summary>
    const long ShortestLength = 16 * 1024 * 1024;

    /// <summary>Begins; null where the download is not worth it.</summary>
    /// <param name="part">The download.</param>
    /// <param name="name">What its file will be called.</param>
    /// <param name="pieceLayer">Gets the hashes of all pieces; null if no source gives them.</param>
    ISharedPart? Begin(PartFile part, string name, Func<CancellationToken, Task<byte[]?>> pieceLayer);
}

/// <summary>A download that others are served from. Its end is told by disposal.</summary>
public interface ISharedPart : IAsyncDisposable
{
    /// <summary>A piece is written and journalled.</summary>
    void Add(long piece);
}
