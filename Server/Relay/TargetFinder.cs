using System.Collections.Immutable;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Calls;
using P2P.Server.Catalogs;
using P2P.Server.Search;
using P2P.Server.Sessions;
using P2P.Server.Viewing;

namespace P2P.Server.Relay;

/// <summary>Finds what a Descargar request means among the live peers.</summary>
sealed class TargetFinder(CatalogIndex index, SourceListing listing)
{
    const int MostRootsTold = 20;

    /// <summary>Sources that could not be dialled and are tried again for one request, one after the other.</summary>
    const int MostTriedAgain = 4;

    public RelayTarget Find(DescargarRequest request, Viewer viewer)
    {
        var only = request.Ip.Length > 0 ? PeerSelection.At(index, request.Ip, request.Url) : null;
        var target = request.HasRoot
            ? ByRoot(ContentRoot.Parse(request.Root), request.HasLength ? request.Length : null, only, viewer)
            : ByName(request.Archivo, only, viewer);
        return target with { Sources = InOrder(target.Sources) };
    }

    RelayTarget ByRoot(ContentRoot root, long? length, IReadOnlyList<LivePeer>? only, Viewer viewer)
    {
        var content = listing.Resolve(root, length, viewer);
        var sources = Holders(content, only, viewer);
        return sources.Count > 0
            ? new RelayTarget(content, SharedPath.BaseNameOf(sources[0].Path), sources)
            : throw new RefusalException(ErrorReason.NoSuchContent, "That peer does not share that content.");
    }

    RelayTarget ByName(string name, IReadOnlyList<LivePeer>? only, Viewer viewer)
    {
        var found = Named(name, only).Where(found => viewer.Sees(found.Peer, found.File)).ToList();
        var contents = found.Select(file => file.File.Facts.Content).OfType<ContentId>().Distinct().ToList();
        if (contents.Count > 1)
        {
            throw Ambiguous(contents);
        }

        if (found.Count == 0)
        {
            throw new RefusalException(ErrorReason.NoSuchContent, "No live peer shares a file of that name.");
        }

        return contents.Count == 1
            ? new RelayTarget(contents[0], SharedPath.BaseNameOf(name), Holders(contents[0], only, viewer))
            : new RelayTarget(null, SharedPath.BaseNameOf(name), [.. found.Select(file => new RelaySource(file.Peer, file.File.Path))]);
    }

    List<RelaySource> Holders(ContentId content, IReadOnlyList<LivePeer>? only, Viewer viewer)
    {
        var holders = only is null ? index.Holders(content, viewer) :
        [
            .. from peer in only
               let file = viewer.FileOf(peer, content)
               where file is not null
               select (peer, file.Value),
        ];
        return [.. holders.Where(holder => holder.Peer.Online).Select(holder => new RelaySource(holder.Peer, holder.File.Path))];
    }

    /// <summary>A whole path if the name has a slash, else every file with that base name, to the letter.</summary>
    IEnumerable<(LivePeer Peer, FileRef File)> Named(string name, IReadOnlyList<LivePeer>? only) => name.Contains('/')
        ? from peer in only ?? index.Peers
          where peer.Online
          let file = peer.Catalog.Find(name)
          where file is not null
          select (peer, file.Value)
        : new NamedFiles(name).In(index.Names.Snapshot, peer => peer.Online && only?.Contains(peer) != false);

    /// <summary>
    /// Whoever can be dialled first, of them who said that it has most slots free; equals in any order, to spread the load.
    /// </summary>
    static IReadOnlyList<RelaySource> InOrder(IReadOnlyList<RelaySource> sources)
    {
        var shuffled = sources.ToArray();
        Random.Shared.Shuffle(shuffled);
        var isReachable = shuffled.OrderByDescending(source => source.Peer.FreeSlots).ToLookup(source => source.Peer.Reachable);
        return [.. isReachable[true], .. isReachable[false].Take(MostTriedAgain)];
    }

    static RefusalException Ambiguous(List<ContentId> contents)
    {
        var roots = string.Join(',', contents.Select(content => content.Root.ToString()).Distinct().Take(MostRootsTold));
        return new RefusalException(ErrorReason.AmbiguousName, "Several contents have that name: name a root, a peer or the whole path.")
        {
            Metadata = ImmutableDictionary<string, string>.Empty.Add("roots", roots),
        };
    }
}
