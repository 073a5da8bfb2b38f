using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;

namespace P2P.Peers.Lines;

/// <summary>Goes to meet those who cannot dial this peer: on a relay, or by dialling out to them; then serves them as if they had come.</summary>
/// <param name="directory">Opens relays.</param>
/// <param name="carried">Serves the connections.</param>
/// <param name="policy">What may be dialled on the directory's word.</param>
/// <param name="refusal">Why this peer goes nowhere, as a sentence; null if it does.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Tells the owner.</param>
sealed class Outreach(
    SessionCalls directory, CarriedConnections carried, DialPolicy policy, string? refusal, TimeProvider time, ILogger<Outreach> log)
    : IAsyncDisposable
{
    static readonly TimeSpan MeetLimit = TimeSpan.FromSeconds(20);
    static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(5);

    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentDictionary<Task, bool> _running = new();

    public void Relay(ControlRelay command, ChannelWriter<ControlRequest> line) =>
        Start(command.Id, line, () => RelayAsync(command, line));

    public void Dial(ControlDial command, ChannelWriter<ControlRequest> line) =>
        Start(command.Id, line, () => DialAsync(command, line));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Keys).ConfigureAwait(false);
        _stop.Dispose();
    }

    void Start(string id, ChannelWriter<ControlRequest> line, Func<Task> go)
    {
        if (refusal is not null || !carried.TryEnter())
        {
            Answer(line, id, refusal ?? "The peer serves as many in this way as it can.");
            return;
        }

        var task = RunAsync(go);
        _running[task] = true;
        _ = task.ContinueWith(ended => _running.TryRemove(ended, out _), TaskScheduler.Default);
    }

    async Task RunAsync(Func<Task> go)
    {
        await Task.Yield();
        try
        {
            await go().ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is OperationCanceledException or RpcException or IOException or SocketException)
        {
            LineLog.NotReached(log, ended.Message);
        }
        finally
        {
            carried.Leave();
        }
    }

    async Task RelayAsync(ControlRelay command, ChannelWriter<ControlRequest> line)
    {
        using var late = new CancellationTokenSource(MeetLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stop.Token);
        using var call = directory.Relay();
        await call.RequestStream.WriteAsync(new RelayRequest { Open = new RelayOpen { Id = command.Id } })
            .WaitAsync(either.Token).ConfigureAwait(false);
        Answer(line, command.Id, problem: null);
        if (await call.ResponseStream.MoveNext(either.Token).ConfigureAwait(false) && call.ResponseStream.Current.Met is not null)
        {
            await carried.ServeAsync(RelayDetour.StreamOf(call), PeerRoute.Relayed, _stop.Token).ConfigureAwait(false);
        }
    }

    async Task DialAsync(ControlDial command, ChannelWriter<ControlRequest> line)
    {
        if (Problem(command, out var endpoint) is { } problem)
        {
            Answer(line, command.Id, problem);
            return;
        }

        using var socket = new Socket(endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var late = new CancellationTokenSource(DialLimit, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stop.Token);
            await socket.ConnectAsync(new IPEndPoint(endpoint.Address, endpoint.Port), either.Token).ConfigureAwait(false);
            await socket.SendAsync(DialIns.Preamble(command.Token), either.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is SocketException or OperationCanceledException)
        {
            Answer(line, command.Id, $"The peer could not dial {command.Address}: {failed.Message}");
            return;
        }

        Answer(line, command.Id, problem: null);
        await carried.ServeAsync(new NetworkStream(socket), PeerRoute.DialledOut, _stop.Token).ConfigureAwait(false);
    }

    string? Problem(ControlDial command, out PeerEndpoint endpoint)
    {
        if (!PeerEndpoint.TryParseHostAndPort(command.Address, secure: true, out endpoint) || !DialIns.IsToken(command.Token))
        {
            return "The address or token is none.";
        }

        return policy.Check(endpoint) is var why && why != DialRefusal.None ? $"The address must not be dialled ({why})." : null;
    }

    static void Answer(ChannelWriter<ControlRequest> line, string id, string? problem) => line.TryWrite(new ControlRequest
    {
        Answer = new ControlAnswer { Id = id, Ok = problem is null, Reason = problem ?? "" },
    });
}
