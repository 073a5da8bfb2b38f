using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using DirectoryBase = P2P.Contracts.DirectoryV1.Directory.DirectoryBase;

namespace P2P.Peers.Tests.Lying;

/// <summary>A directory that knows what a test tells it.</summary>
public sealed class FakeDirectory : DirectoryBase
{
    const string Token = "token-of-a-test";

    readonly List<(PeerInfo Peer, string Path, Sample Sample)> _files = [];
    readonly List<PeerInfo> _peers = [];

    /// <summary>Refuse calls without a token.</summary>
    public bool MembersOnly { get; init; }

    /// <summary>So many searches run out of their budget before they find anything.</summary>
    public int BusySearches { get; set; }

    /// <summary>Calls of Login, whatever came of them.</summary>
    public int Logins { get; private set; }

    public LoginRequest? LastLogin { get; private set; }

    /// <summary>Give nonces.</summary>
    public bool HasChallenge { get; set; }

    /// <summary>Changed passwords.</summary>
    public List<ChangePasswordRequest> Changes { get; } = [];

    public override Task<ChallengeResponse> Challenge(ChallengeRequest request, ServerCallContext context) => HasChallenge
        ? Task.FromResult(new ChallengeResponse { Nonce = Google.Protobuf.ByteString.CopyFrom(new byte[32]) })
        : base.Challenge(request, context);

    public override Task<ChangePasswordResponse> ChangePassword(ChangePasswordRequest request, ServerCallContext context)
    {
        Check(context);
        Changes.Add(request);
        return Task.FromResult(new ChangePasswordResponse());
    }

    /// <summary>Sessions that were ended.</summary>
    public int Logouts { get; private set; }

    public PeerInfo Add(string user, ServiceHost host, params (string Path, Sample Sample)[] files)
    {
        PeerInfo peer = new()
        {
            PeerId = new string((char)('a' + _peers.Count), 64),
            User = user,
            Name = "host of " + user,
            Ip = "127.0.0.1",
            Port = host.Port,
            Url = host.Url,
            FileCount = files.Length,
            Reachable = true,
        };
        _peers.Add(peer);
        _files.AddRange(files.Select(f => (peer, f.Path, f.Sample)));
        return peer;
    }

    public override Task<LoginResponse> Login(LoginRequest request, ServerCallContext context)
    {
        Logins++;
        LastLogin = request;
        return request.Password == "per1234" && request.Reader
            ? Task.FromResult(new LoginResponse { Token = Token })
            : throw new RpcException(new Status(StatusCode.Unauthenticated, "User or password is wrong."));
    }

    public override Task<LogoutResponse> Logout(LogoutRequest request, ServerCallContext context)
    {
        Check(context);
        Logouts++;
        return Task.FromResult(new LogoutResponse());
    }

    public override Task<IndexResponse> Index(IndexRequest request, ServerCallContext context)
    {
        Check(context);
        // Pages of one peer each.
        int page = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, System.Globalization.CultureInfo.InvariantCulture);
        IndexResponse answer = new() { NextPageToken = page + 1 < _peers.Count ? $"{page + 1}" : "" };
        answer.Peers.AddRange(_peers.Skip(page).Take(1).Select(p => new PeerFiles { Peer = p }));
        return Task.FromResult(answer);
    }

    public override Task<SearchResponse> Search(SearchRequest request, ServerCallContext context)
    {
        Check(context);
        if (BusySearches > 0)
        {
            BusySearches--;
            return Task.FromResult(new SearchResponse { Truncated = true });
        }

        var hits = _files.Where(f => (request.Archivo.Contains('/') ? f.Path : NameOf(f.Path)) == request.Archivo || (request.Kind != QueryKind.Exact && f.Path.Contains(request.Archivo, StringComparison.Ordinal)))
            .GroupBy(f => (NameOf(f.Path), f.Sample.Id))
            .Select(g => HitOf(g.Key.Item1, g.Key.Id, [.. g.Select(f => SourceOf(f.Peer, f.Path))]))
            .ToList();
        SearchResponse answer = new() { TotalCount = hits.Count, TotalIsExact = true };
        answer.Hits.AddRange(hits);
        return Task.FromResult(answer);
    }

    /// <summary>When all its files and folders were changed.</summary>
    public static Google.Protobuf.WellKnownTypes.Timestamp Time { get; } = new() { Seconds = 1_000_000_000 };

    public override Task<BrowseResponse> Browse(BrowseRequest request, ServerCallContext context)
    {
        BrowseResponse answer = new();
        answer.Files.AddRange(_files.Where(f => f.Peer.PeerId == request.PeerId && (request.Path.Length == 0 || f.Path.StartsWith(request.Path + "/", StringComparison.Ordinal)))
            .Select(f => new FileEntry { Path = f.Path, Size = f.Sample.Id.Length, Root = f.Sample.Id.Root.ToString(), Time = Time, Executable = f.Path.EndsWith(".sh", StringComparison.Ordinal) }));
        return Task.FromResult(answer);
    }

    public override Task<LocateResponse> Locate(LocateRequest request, ServerCallContext context)
    {
        Check(context);
        var found = _files.Where(f => f.Sample.Id.Root.ToString() == request.Root).ToList();
        if (found.Count == 0)
            throw new RpcException(new Status(StatusCode.NotFound, "No live peer shares that content."));
        LocateResponse answer = new() { Root = request.Root, Length = found[0].Sample.Id.Length, SourceCount = found.Count };
        answer.Sources.AddRange(found.Select(f => new LocatedSource { Source = SourceOf(f.Peer, f.Path) }));
        return Task.FromResult(answer);
    }

    void Check(ServerCallContext context)
    {
        if (MembersOnly && context.RequestHeaders.GetValue("authorization") != "Bearer " + Token)
            throw new RpcException(new Status(StatusCode.Unauthenticated, "Log in."));
    }

    static SearchHit HitOf(string name, P2P.Content.ContentId id, List<Source> sources)
    {
        SearchHit hit = new() { Name = name, Root = id.Root.ToString(), Size = id.Length, SourceCount = sources.Count };
        hit.Sources.AddRange(sources);
        return hit;
    }

    static Source SourceOf(PeerInfo peer, string path) =>
        new() { PeerId = peer.PeerId, User = peer.User, Ip = peer.Ip, Port = peer.Port, Url = peer.Url, Path = path, Reachable = true };

    static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
