using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Lines;

namespace P2P.Server.Calls;

/// <summary>The calls that go over daemons' Control lines.</summary>
sealed class LineCalls(LineDesk lines, FetchDesk fetches, RelayDesk relays)
{
    public Task ControlAsync(
        IAsyncStreamReader<ControlRequest> reader, IServerStreamWriter<ControlResponse> writer, ServerCallContext context) =>
        lines.RunAsync(reader, writer, Caller.RequiredSession(context), context.CancellationToken);

    public Task FetchAsync(FetchRequest request, IServerStreamWriter<FetchResponse> writer, ServerCallContext context) =>
        fetches.RunAsync(request, Caller.RequiredSession(context), writer, context.CancellationToken);

    public Task RelayAsync(
        IAsyncStreamReader<RelayRequest> reader, IServerStreamWriter<RelayResponse> writer, ServerCallContext context) => relays.RunAsync(
            new MeetingEnd(reader, writer), new RelayCaller(Caller.Session(context), Caller.Ip(context)), context.CancellationToken);
}
