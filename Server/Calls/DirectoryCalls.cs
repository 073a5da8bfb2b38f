using Google.Api;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Relay;
using P2P.Server.Watching;

namespace P2P.Server.Calls;

/// <summary>The Directory service. What is not overridden answers UNIMPLEMENTED.</summary>
[Authorize]
sealed class DirectoryCalls(
    SessionCalls sessions, CatalogReads reads, CatalogPublisher publisher, ContentRelay relay, WatchDesk watch, LineCalls lines, TicketCalls tickets)
    : Contracts.DirectoryV1.Directory.DirectoryBase
{
    [AllowAnonymous]
    public override Task<LoginResponse> Login(LoginRequest request, ServerCallContext context) => sessions.LoginAsync(request, context);

    [AllowAnonymous]
    public override Task<ChallengeResponse> Challenge(ChallengeRequest request, ServerCallContext context) =>
        Task.FromResult(sessions.Challenge());

    [OpenAccess]
    public override Task<LogoutResponse> Logout(LogoutRequest request, ServerCallContext context) => sessions.LogoutAsync(request, context);

    public override Task<HeartbeatResponse> Heartbeat(HeartbeatRequest request, ServerCallContext context) =>
        Task.FromResult(sessions.Heartbeat(request, Caller.RequiredSession(context)));

    public override Task<ChangePasswordResponse> ChangePassword(ChangePasswordRequest request, ServerCallContext context) =>
        sessions.ChangePasswordAsync(request, context);

    [Authorize(Roles = nameof(Role.Sharer))]
    public override Task<PublishResponse> Publish(IAsyncStreamReader<PublishRequest> requestStream, ServerCallContext context) =>
        publisher.PublishAsync(Caller.RequiredSession(context), requestStream.ReadAllAsync(), context.CancellationToken);

    [OpenAccess]
    public override Task<IndexResponse> Index(IndexRequest request, ServerCallContext context) =>
        Task.FromResult(reads.Index(request, Caller.Session(context)));

    [OpenAccess]
    public override Task<SearchResponse> Search(SearchRequest request, ServerCallContext context) =>
        Task.FromResult(reads.Search(request, Caller.Session(context)));

    [OpenAccess]
    public override Task Descargar(DescargarRequest request, IServerStreamWriter<HttpBody> responseStream, ServerCallContext context) =>
        relay.RunAsync(request, responseStream, context);

    [OpenAccess]
    public override Task<BrowseResponse> Browse(BrowseRequest request, ServerCallContext context) =>
        Task.FromResult(reads.Browse(request, Caller.Session(context)));

    [OpenAccess]
    public override Task<LocateResponse> Locate(LocateRequest request, ServerCallContext context) =>
        tickets.LocateAsync(request, context);

    public override Task<RenewTicketResponse> RenewTicket(RenewTicketRequest request, ServerCallContext context) =>
        Task.FromResult(tickets.Renew(request, Caller.RequiredSession(context)));

    [AllowAnonymous]
    public override Task<KeysResponse> Keys(KeysRequest request, ServerCallContext context) => Task.FromResult(tickets.Keys());

    public override Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responseStream, ServerCallContext context)
    {
        var session = Caller.RequiredSession(context);
        return watch.RunAsync(request, session, Caller.Ip(context), () => reads.ViewerOf(session), responseStream, context);
    }

    public override Task Control(
        IAsyncStreamReader<ControlRequest> requestStream, IServerStreamWriter<ControlResponse> responseStream, ServerCallContext context) =>
        lines.ControlAsync(requestStream, responseStream, context);

    [OpenAccess]
    public override Task Relay(
        IAsyncStreamReader<RelayRequest> requestStream, IServerStreamWriter<RelayResponse> responseStream, ServerCallContext context) =>
        lines.RelayAsync(requestStream, responseStream, context);

    public override Task Fetch(FetchRequest request, IServerStreamWriter<FetchResponse> responseStream, ServerCallContext context) =>
        lines.FetchAsync(request, responseStream, context);

    public override Task<StatsResponse> Stats(StatsRequest request, ServerCallContext context) => Task.FromResult(reads.Stats());
}
