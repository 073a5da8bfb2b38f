using System.Net;
using P2P.Content;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Finding;
using P2P.Peers.Serving;
using P2P.Peers.Tests.Dialing;
using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.Serving;

/// <summary>Many small files of a daemon that serves over TLS: their tickets come with one call.</summary>
public sealed class BatchTicketTests : IAsyncLifetime
{
    const int Files = 30;

    static readonly byte[][] Contents = [.. Enumerable.Range(0, Files).Select(i => DaemonFixture.Bytes(1000 + i, i))];

    readonly DaemonFixture _peer = new();
    readonly Identities _identities = new();
    readonly TicketKey _key = TicketKey.Create();
    readonly List<int> _asked = [];
    int _askedAlone;
    string _own = "";

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < Files; i++)
        {
            _peer.Write($"{i}", Contents[i]);
        }

        _peer.Directory.Keys = TicketKeySet.Of([_key.Public]);
        await _peer.StartAsync(options => options with { Serving = new ServingOptions { Port = 0, Tls = true } });
        using var own = NodeIdentity.Open(_peer.Files.Identity, [], TimeProvider.System);
        _own = own.Print;
    }

    public async ValueTask DisposeAsync()
    {
        await _peer.DisposeAsync();
        _identities.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task Fetch_SmallFilesOverTls_AsksForTheirTicketsTogether()
    {
        Assert.All(await FetchAsync(Sign), result => Assert.Null(result.Problem));

        AssertAsked(alone: 0);
        Assert.Equal(Files, _peer.Daemon.Grants.Count);
    }

    [Fact]
    public async Task Fetch_SomeWithoutATicket_AsksForThoseAlone()
    {
        // As a directory answers that does not know the question: only the first has a ticket.
        Assert.All(await FetchAsync(content => content == DaemonFixture.ContentOf(Contents[0]) ? Sign(content) : ""), result => Assert.Null(result.Problem));

        AssertAsked(alone: Files - 1);
    }

    [Fact]
    public async Task Fetch_TicketsOfAnotherContent_BringNothingAndAreAskedForAlone()
    {
        Assert.All(await FetchAsync(_ => Sign(DaemonFixture.ContentOf(Contents[0]))), result => Assert.Null(result.Problem));

        AssertAsked(alone: Files - 1);
    }

    void AssertAsked(int alone)
    {
        Assert.Equal(Files, Assert.Single(_asked));
        Assert.Equal(alone, _askedAlone);
    }

    string Sign(ContentId content)
    {
        var issued = TimeProvider.System.GetUtcNow().Rounded();
        return _key.Sign(new Ticket(_own, _identities["ana"].Print, content, TicketKey.NewNonce(), issued, issued.AddSeconds(60)));
    }

    async Task<List<FileResult>> FetchAsync(Func<ContentId, string> ticket)
    {
        using var channels = new PeerChannels(new DialPolicy(AllowLoopback: true), new DialSecurity(
            () => _identities["ana"], AloneAsync, AllowPlaintext: false, TimeProvider.System)
        {
            RenewMany = (_, contents, _) =>
            {
                _asked.Add(contents.Count);
                return Task.FromResult<IReadOnlyList<string>>([.. contents.Select(ticket)]);
            },
        });
        SourcePeer[] sources = [new(_own, "peer", new PeerEndpoint(IPAddress.Loopback, new Uri(_peer.Daemon.Url).Port, secure: true))];
        var options = new FetchOptions { Patience = TimeSpan.Zero };
        FileFetcher fetcher = new(
            channels, (_, _) => Task.FromResult<IReadOnlyList<SourcePeer>>(sources), new FetchMeter(), new SourceBans(), options, sharing: null, TimeProvider.System);
        List<FileResult> results = [];
        using FetchRun run = new(fetcher, new BatchFetcher(channels, new FetchMeter(), new SourceBans(), options, TimeProvider.System), some =>
        {
            lock (results)
            {
                results.AddRange(some);
            }
        });
        using var folder = new TemporaryFolder();
        IReadOnlyList<WantedFile> wanted = [.. Contents.Select((content, i) => new WantedFile(DaemonFixture.ContentOf(content), $"{i}", sources))];
        await run.FetchAsync([_ => Task.FromResult(wanted)], file => folder[file.Path], DaemonFixture.Cancellation);
        Assert.Equal(Files, results.Count);
        for (var i = 0; i < Files; i++)
        {
            Assert.Equal(Contents[i], File.ReadAllBytes(folder[$"{i}"]));
        }

        return results;
    }

    Task<TicketAnswer> AloneAsync(SourcePeer peer, ContentId content, bool forUpload, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _askedAlone);
        return Task.FromResult(new TicketAnswer(Sign(content), null));
    }
}
