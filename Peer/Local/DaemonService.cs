using Grpc.Core;
using P2P.Peers.Local.V1;

namespace P2P.Peers.Local;

/// <summary>What the running daemon answers to its owner's command line.</summary>
sealed class DaemonService(PeerDaemon daemon) : Daemon.DaemonBase
{
    public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context) =>
        Task.FromResult(DaemonReport.Of(daemon));

    public override Task<RescanResponse> Rescan(RescanRequest request, ServerCallContext context)
    {
        daemon.Rescan();
        return Task.FromResult(new RescanResponse());
    }

    public override async Task<ServePartResponse> ServePart(IAsyncStreamReader<ServePartRequest> requestStream, ServerCallContext context)
    {
        await PartFollower.FollowAsync(daemon.Partials, requestStream, context.CancellationToken).ConfigureAwait(false);
        return new ServePartResponse();
    }

    public override Task DialIn(
        IAsyncStreamReader<DialInRequest> requestStream, IServerStreamWriter<DialInResponse> responseStream, ServerCallContext context) =>
        DialInCarrier.RunAsync(daemon.DialIns, requestStream, responseStream, context.CancellationToken);

    public override async Task<StopResponse> Stop(StopRequest request, ServerCallContext context) =>
        new() { LoggedOut = await daemon.LogoutAsync().ConfigureAwait(false) };
}
