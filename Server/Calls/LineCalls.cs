using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Lines;

namespace P2P.Server.Calls;

/// <summary>The calls that go over daemons' Control lines.</summary>
sealed class LineCalls(LineDesk lines, FetchDesk fetches, RelayDesk relays, SessionBound bound)
{
    public Task ControlAsync(
        IAsyncStreamReader<ControlRequest> reader, IServerStreamWriter<ControlResponse> writer, ServerCallContext context) =>
        lines.RunAsync(reader, writer, Caller.RequiredSession(context), context.CancellationToken);

    /// <summary>Ends with the caller's session: who is not here any more makes no peer fetch.</summary>
    public Task FetchAsync(FetchRequest request, IServerStreamWriter<FetchResponse> writer, ServerCallContext context)
    {
        var session = Caller.RequiredSession(context);
        return bound.RunAsync(
            session, session => session.Ended, ended => fetches.RunAsync(request, session, writer, ended), context.CancellationToken);
    }

    /// <summary>Ends when the session of either end is ended on purpose.</summary>
    public Task RelayAsync(
        IAsyncStreamReader<RelayRequest> reader, IServerStreamWriter<RelayResponse> writer, ServerCallContext context)
    {
        var caller = new RelayCaller(Caller.Session(context), Caller.Ip(context));
        return bound.RunAsync(
            caller.Session, session => session.Revoked, ended => relays.RunAsync(new MeetingEnd(reader, writer, ended), caller, ended),
            context.CancellationToken);
    }
}
