using System.Buffers.Binary;
using System.Security.Cryptography;
using Grpc.Validation;
using Microsoft.AspNetCore.Authorization;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Calls;
using P2P.Server.Catalogs;
using P2P.Server.Dialing;
using P2P.Server.Lines;
using P2P.Server.Operating;
using P2P.Server.Relay;
using P2P.Server.Search;
using P2P.Server.Search.Postings;
using P2P.Server.Sessions;
using P2P.Server.Store;
using P2P.Server.Tickets;
using P2P.Server.Viewing;
using P2P.Server.Watching;

namespace P2P.Server.Hosting;

/// <summary>Keys that the directory made for itself and keeps.</summary>
sealed class DirectorySecrets
{
    /// <summary>Seals page tokens.</summary>
    public byte[] PageKey { get; set; } = RandomNumberGenerator.GetBytes(32);
}

/// <summary>Puts the directory into a container and onto routes.</summary>
static class DirectoryServices
{
    const string PageKeySetting = "page-token-key";
    const string RunSetting = "run";
    const int MostMessageBytes = 1024 * 1024;
    const int MostJsonDepth = 16;

    public static void AddDirectory(this IServiceCollection services, AccessPolicy access, IDirectoryStore store)
    {
        services.AddSingleton(access).AddSingleton(store);
        services.AddSingleton(provider => new SessionState(
            store, new KeyedLocks(store as ISharedStore), provider.GetRequiredService<LeaseBook>(), provider.GetRequiredService<LeaseOptions>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => provider.GetRequiredService<SessionState>().Locks);
        services.AddSingleton<CatalogIndex>().AddSingleton<CatalogTable>().AddSingleton<CatalogPublisher>().AddSingleton<CatalogQuota>();
        services.AddSingleton<AccountTable>().AddSingleton<AccountDesk>().AddSingleton<AttemptCounters>().AddSingleton<PasswordGate>().AddSingleton<KeyProofs>();
        services.AddSingleton<LeaseBook>().AddSingleton<SessionTable>().AddSingleton<SessionLimits>().AddSingleton<SessionDesk>().AddSingleton<StateLoader>();
        services.AddSingleton<PeerListing>().AddSingleton<FolderListing>().AddSingleton<SourceListing>();
        services.AddSingleton<SearchEngine>().AddSingleton<SearchListing>().AddSingleton<DirectoryStatus>().AddSingleton<DirectoryMetrics>();
        services.AddSingleton<LoginDecoding>().AddSingleton<SessionCalls>().AddSingleton<CatalogReads>().AddSingleton<DirectoryCalls>().AddSingleton<OperatorCalls>();
        services.AddSingleton<IDialProbe, DialProbe>().AddSingleton<DialBack>();
        services.AddSingleton<TargetFinder>().AddSingleton<ContentRelay>();
        services.AddSingleton<AuditLog>().AddSingleton<BlockTable>().AddSingleton<OperatorMemory>().AddSingleton<OperatorActs>();
        services.AddSingleton<OperatorListings>().AddSingleton<AccountKeeper>().AddSingleton<BlockKeeper>().AddSingleton<TakenDownRoots>().AddSingleton<Viewers>();
        services.AddSingleton<EventLog>().AddSingleton<WatchDesk>();
        services.AddSingleton<LineRegistry>().AddSingleton<LineDesk>().AddSingleton<FetchDesk>().AddSingleton<SessionBound>().AddSingleton<LineCalls>().AddSingleton<MeetingPlace>()
            .AddSingleton<RelayDesk>().AddSingleton<Passage>();
        services.AddSingleton(Clock).AddSingleton<TicketKeyring>().AddSingleton<TicketIssuer>().AddSingleton<GivenTickets>().AddSingleton(new RevocationNews(store is ISharedStore)).AddSingleton<TicketCalls>();
        services.AddSingleton<DirectorySecrets>();
        services.AddSingleton(provider => new PageTokens(provider.GetRequiredService<DirectorySecrets>().PageKey));
        services.AddHostedService<LeaseExpiry>().AddHostedService<TicketKeyTurn>();
        if (store is ISharedStore shared)
        {
            services.AddSingleton(shared).AddSingleton<FollowedCatalogs>().AddSingleton<FollowedSessions>();
            services.AddHostedService<StateFollower>().AddHostedService<LeaseSharing>().AddHostedService<RevocationSharing>();
        }

        services.AddHostedService(provider => new IndexMerger(
            provider.GetRequiredService<CatalogIndex>().Names, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<IndexMerger>>()));
        AddRules(services);
        AddCalls(services);
    }

    /// <summary>Reads the store into memory; to be done before the port opens.</summary>
    public static async Task LoadStateAsync(this IServiceProvider services)
    {
        var store = services.GetRequiredService<IDirectoryStore>();
        // Of two directories that start at once on a new store, one makes the keys and the other finds them.
        using var held = await services.GetRequiredService<KeyedLocks>().EnterAsync(default, KeyedLocks.Settings).ConfigureAwait(false);
        var settings = services.GetRequiredService<StateLoader>().Load(store);
        var secrets = services.GetRequiredService<DirectorySecrets>();
        secrets.PageKey = settings.GetValueOrDefault(PageKeySetting, secrets.PageKey);
        var last = settings.TryGetValue(RunSetting, out var stored) ? BinaryPrimitives.ReadInt64BigEndian(stored) : 0;
        var run = EventLog.Run(last, services.GetRequiredService<TimeProvider>().GetUtcNow());
        var number = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, run);
        // The number of this run must be on the disk before anyone is told an event of it.
        await store.CommitAsync([new SettingSaved(PageKeySetting, secrets.PageKey), new SettingSaved(RunSetting, number)]).ConfigureAwait(false);
        services.GetRequiredService<EventLog>().Begin(run);
        await services.GetRequiredService<TicketKeyring>().LoadAsync(settings.GetValueOrDefault(TicketKeyring.Setting)).ConfigureAwait(false);
    }

    public static void MapDirectory(this IEndpointRouteBuilder routes, AccessPolicy access)
    {
        routes.MapGrpcService<OperatorCalls>();
        var calls = routes.MapGrpcService<DirectoryCalls>();
        if (access.Mode == AccessMode.Open)
        {
            calls.Finally(endpoint =>
            {
                if (endpoint.Metadata.OfType<OpenAccessAttribute>().Any())
                {
                    endpoint.Metadata.Add(new AllowAnonymousAttribute());
                }
            });
        }
    }

    /// <summary>By this the directory dates what it signs: it starts from the wall clock and then knows no jumps.</summary>
    static DirectoryClock Clock(IServiceProvider services)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var clock = new DirectoryClock(time);
        clock.Observe(time.GetUtcNow());
        return clock;
    }

    static void AddRules(IServiceCollection services)
    {
        var selection = new PeerSelectionRules();
        services.AddSingleton<IRequestValidator<LoginRequest>, LoginRules>();
        services.AddSingleton<IRequestValidator<CreateAccountRequest>, CreateAccountRules>();
        services.AddSingleton<IRequestValidator<RenewTicketRequest>, RenewTicketRules>();
        services.AddSingleton<IRequestValidator<UpdateAccountRequest>, UpdateAccountRules>();
        services.AddSingleton<IRequestValidator<PublishRequest>, PublishRules>();
        services.AddSingleton<IRequestValidator<SearchRequest>, SearchRules>();
        services.AddSingleton<IRequestValidator<WatchRequest>, WatchRules>();
        services.AddSingleton<IRequestValidator<IndexRequest>>(selection);
        services.AddSingleton<IRequestValidator<LogoutRequest>>(selection);
        services.AddSingleton<IRequestValidator<DescargarRequest>>(selection);
    }

    static void AddCalls(IServiceCollection services)
    {
        services.AddSingleton<RefusalInterceptor>().AddSingleton<StreamCap>().AddSingleton<AccessInterceptor>().AddSingleton<ValidationInterceptor>();
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = MostMessageBytes;
            options.BorrowedBytes.Add<RelayRequest>(RelayRequest.DataFieldNumber);
            options.BorrowedBytes.Add(BatchMessage.Read);
            options.Interceptors.Add<RefusalInterceptor>();
            options.Interceptors.Add<StreamCap>();
            options.Interceptors.Add<AccessInterceptor>();
            options.Interceptors.Add<ValidationInterceptor>();
        }).AddJsonTranscoding(json =>
        {
            json.JsonSettings.WriteInt64sAsStrings = true;
            json.RejectUnknownFields = true;
            json.RejectUnknownQueryParameters = true;
            json.MaxDepth = MostJsonDepth;
        });
        // The core only: what else AddAuthentication brings keeps keys on the disk, for cookies that there are none of.
        services.AddAuthenticationCore(options =>
        {
            options.DefaultScheme = SessionAuthentication.SchemeName;
            options.AddScheme<SessionAuthentication>(SessionAuthentication.SchemeName, null);
        });
        services.AddWebEncoders().AddTransient<SessionAuthentication>();
        // The interceptor enforces what the metadata says, for both protocols and with one form of errors.
        services.Configure<RouteOptions>(options => options.SuppressCheckForUnhandledSecurityMetadata = true);
    }
}
