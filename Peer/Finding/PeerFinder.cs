using P2P.Contracts.DirectoryV1;
using P2P.Peers.CommandLine;

namespace P2P.Peers.Finding;

/// <summary>Finds the live peer that a word on the command line means.</summary>
static class PeerFinder
{
    const int ShortestPrefix = 4;

    /// <summary>All live peers, without their files.</summary>
    public static async Task<List<PeerInfo>> ListAsync(DirectoryConnection directory, CancellationToken cancellation)
    {
        List<PeerInfo> peers = [];
        IndexRequest request = new() { PeersOnly = true };
        do
        {
            IndexResponse page = await directory.Client.IndexAsync(request, directory.Soon(cancellation));
            peers.AddRange(page.Peers.Select(p => p.Peer));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return peers;
    }

    /// <exception cref="CommandException">No peer is meant, or several are.</exception>
    /// <param name="directory">Who knows the peers.</param>
    /// <param name="word">What the user called the peer.</param>
    /// <param name="byName">Whether a peer may be meant by the name that it gave itself: fine for reading, not for sending to.</param>
    /// <param name="cancellation">Stops the search.</param>
    public static async Task<PeerInfo> FindAsync(DirectoryConnection directory, string word, bool byName, CancellationToken cancellation)
    {
        List<PeerInfo> peers = await ListAsync(directory, cancellation);
        List<PeerInfo> meant = Match(peers, word, byName);
        return meant.Count switch
        {
            1 => meant[0],
            0 => throw new CommandException(ExitCodes.NotFound, $"No live peer is called '{word}'; 'peer peers' lists them."),
            _ => throw new CommandException(
                ExitCodes.Ambiguous,
                $"'{word}' stands for several peers; name one by the beginning of its identifier:\n"
                + string.Join('\n', meant.Select(p => $"  {p.PeerId}  {p.User}  {p.Name}  {p.Url}"))),
        };
    }

    /// <summary>A whole identifier goes before an account, that before a name, that before an address, that before a prefix.</summary>
    public static List<PeerInfo> Match(IReadOnlyList<PeerInfo> peers, string word, bool byName)
    {
        string host = word.Replace("http://", "", StringComparison.OrdinalIgnoreCase).TrimEnd('/');
        Func<PeerInfo, bool>[] ways =
        [
            p => p.PeerId == word,
            p => p.User == word,
            p => byName && string.Equals(p.Name, word, StringComparison.OrdinalIgnoreCase),
            p => p.Url == word || p.Url.EndsWith("://" + host, StringComparison.OrdinalIgnoreCase),
            p => word.Length >= ShortestPrefix && p.PeerId.StartsWith(word, StringComparison.OrdinalIgnoreCase),
        ];
        return ways.Select(way => peers.Where(way).ToList()).FirstOrDefault(found => found.Count > 0) ?? [];
    }
}
