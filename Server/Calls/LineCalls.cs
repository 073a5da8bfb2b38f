using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Lines;
using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>The calls that go over daemons' Control lines.</summary>
sealed class LineCalls(LineDesk lines, FetchDesk fetches, RelayDesk relays, SessionTable sessions)
{
    public Task ControlAsync(
        IAsyncStreamReader<ControlRequest> reader, IServerStreamWriter<ControlResponse> writer, ServerCallContext context) =>
        lines.RunAsync(reader, writer, Caller.RequiredSession(context), context.CancellationToken);

    /// <summary>Ends with the caller's session: who is sent away makes no peer fetch.</summary>
    public async Task FetchAsync(FetchRequest request, IServerStreamWriter<FetchResponse> writer, ServerCallContext context)
    {
        var session = Caller.RequiredSession(context);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, session.Ended);
        try
        {
            await fetches.RunAsync(request, session, writer, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (session.Ended.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            sessions.RefuseIfEnded(session);
            throw;
        }
    }

    public Task RelayAsync(
        IAsyncStreamReader<RelayRequest> reader, IServerStreamWriter<RelayResponse> writer, ServerCallContext context) => relays.RunAsync(
            new MeetingEnd(reader, writer), new RelayCaller(Caller.Session(context), Caller.Ip(context)), context.CancellationToken);
}
