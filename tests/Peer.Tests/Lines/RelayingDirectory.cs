using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Lines;
using P2P.Peers.Tests.Lying;
using DirectoryBase = P2P.Contracts.DirectoryV1.Directory.DirectoryBase;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Peers.Tests.Lines;

/// <summary>A directory that has one source come to whoever wants to reach it; it keeps what it passed on, to be looked at.</summary>
sealed class RelayingDirectory : DirectoryBase, IAsyncDisposable
{
    readonly ConcurrentDictionary<string, TaskCompletionSource<(IAsyncStreamReader<RelayRequest>, IServerStreamWriter<RelayResponse>)>> _meetings = new();
    readonly ConcurrentDictionary<string, TaskCompletionSource<ControlAnswer>> _answers = new();
    readonly TaskCompletionSource<IServerStreamWriter<ControlResponse>> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<byte> _passed = [];
    ServiceHost? _host;
    GrpcChannel? _channel;

    public DirectoryClient Client { get; private set; } = null!;

    public DaemonDirectory Daemon => new(Client, Client);

    /// <summary>The source has its line; another that comes before it would be taken for it.</summary>
    public Task SourceIsThere => _source.Task;

    /// <summary>What Locate answers.</summary>
    public LocatedSource? Located { get; set; }

    /// <summary>Where to have the source dial out to; null for a relay at once.</summary>
    public string? DialTo { get; set; }

    /// <summary>The beginning of what went through.</summary>
    public byte[] Passed
    {
        get
        {
            lock (_passed)
            {
                return [.. _passed];
            }
        }
    }

    public static async Task<RelayingDirectory> StartAsync()
    {
        var directory = new RelayingDirectory();
        directory._host = await ServiceHost.StartAsync(directory);
        directory._channel = GrpcChannel.ForAddress(directory._host.Url);
        directory.Client = new DirectoryClient(directory._channel);
        return directory;
    }

    /// <summary>The first line is the source's.</summary>
    public override async Task Control(
        IAsyncStreamReader<ControlRequest> requestStream, IServerStreamWriter<ControlResponse> responseStream, ServerCallContext context)
    {
        await requestStream.MoveNext(context.CancellationToken);
        _source.TrySetResult(responseStream);
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            if (requestStream.Current.Answer is { } answer && _answers.TryGetValue(answer.Id, out var asked))
            {
                asked.TrySetResult(answer);
            }
            else if (requestStream.Current.Ping is not null && !_source.Task.IsCompletedSuccessfully)
            {
                await responseStream.WriteAsync(new ControlResponse { Ping = new ControlPing() });
            }
        }
    }

    public override Task<LocateResponse> Locate(LocateRequest request, ServerCallContext context) => Task.FromResult(new LocateResponse
    {
        Root = request.Root,
        Length = request.Length,
        SourceCount = 1,
        Sources = { Located },
    });

    public override async Task Relay(
        IAsyncStreamReader<RelayRequest> requestStream, IServerStreamWriter<RelayResponse> responseStream, ServerCallContext context)
    {
        var stop = context.CancellationToken;
        await requestStream.MoveNext(stop);
        var open = requestStream.Current.Open;
        if (open.Id.Length > 0)
        {
            _meetings[open.Id].SetResult((requestStream, responseStream));
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        }

        if (DialTo is not null && open.DialToken.Length > 0
            && (await AskAsync(id => new ControlResponse { Dial = new ControlDial { Id = id, Address = DialTo, Token = open.DialToken } })).Ok)
        {
            await responseStream.WriteAsync(new RelayResponse { Dialled = new RelayDialled() }, stop);
            return;
        }

        var meeting = new TaskCompletionSource<(IAsyncStreamReader<RelayRequest>, IServerStreamWriter<RelayResponse>)>();
        var answer = await AskAsync(id =>
        {
            _meetings[id] = meeting;
            return new ControlResponse { Relay = new ControlRelay { Id = id } };
        });
        if (!answer.Ok)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, answer.Reason));
        }

        var (reader, writer) = await meeting.Task;
        await responseStream.WriteAsync(new RelayResponse { Met = new RelayMet() }, stop);
        await writer.WriteAsync(new RelayResponse { Met = new RelayMet() }, stop);
        await Task.WhenAny(CarryAsync(requestStream, writer), CarryAsync(reader, responseStream));
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        await (_host?.DisposeAsync() ?? default);
    }

    public async Task<ControlAnswer> AskAsync(Func<string, ControlResponse> command)
    {
        var id = Guid.NewGuid().ToString("N");
        var asked = _answers[id] = new TaskCompletionSource<ControlAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        await (await _source.Task).WriteAsync(command(id));
        return await asked.Task;
    }

    async Task CarryAsync(IAsyncStreamReader<RelayRequest> from, IServerStreamWriter<RelayResponse> to)
    {
        while (await from.MoveNext(TestContext.Current.CancellationToken))
        {
            lock (_passed)
            {
                _passed.AddRange(from.Current.Data);
            }

            await to.WriteAsync(new RelayResponse { Data = from.Current.Data });
        }
    }
}
