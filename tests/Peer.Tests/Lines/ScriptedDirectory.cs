using System.Threading.Channels;
using Grpc.Core;
using Grpc.Net.Client;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Lines;
using P2P.Peers.Tests.Lying;
using DirectoryBase = P2P.Contracts.DirectoryV1.Directory.DirectoryBase;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Peers.Tests.Lines;

/// <summary>The directory's end of a Control line, as a test plays it, and one content whose source it names.</summary>
sealed class ScriptedDirectory : DirectoryBase, IAsyncDisposable
{
    readonly Channel<OpenedLine> _lines = Channel.CreateUnbounded<OpenedLine>();
    ServiceHost? _host;
    GrpcChannel? _channel;
    int _opened;

    /// <summary>What a daemon said, and what it is told.</summary>
    public sealed record OpenedLine(ControlHello Hello, IAsyncStreamReader<ControlRequest> Said, IServerStreamWriter<ControlResponse> Commands)
    {
        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task SendAsync(ControlResponse command) => Commands.WriteAsync(command);

        /// <summary>The next message that is no ping.</summary>
        public async Task<ControlRequest> ReadAsync()
        {
            while (await Said.MoveNext(TestContext.Current.CancellationToken))
            {
                if (Said.Current.Ping is not { } ping)
                {
                    return Said.Current;
                }

                // A line over which nothing comes back counts as broken.
                await SendAsync(new ControlResponse { Ping = ping });
            }

            throw new EndOfStreamException();
        }

        /// <summary>The last message about a fetch.</summary>
        public async Task<FetchResponse> FetchAsync(string id, FetchRequest request)
        {
            await SendAsync(new ControlResponse { Fetch = new ControlFetch { Id = id, Request = request } });
            return await EndOfAsync(id);
        }

        public async Task<FetchResponse> EndOfAsync(string id)
        {
            while (true)
            {
                var said = (await ReadAsync()).Progress;
                if (said.Id == id && said.Progress.State is Contracts.DirectoryV1.TransferState.Done
                    or Contracts.DirectoryV1.TransferState.Failed or Contracts.DirectoryV1.TransferState.Cancelled)
                {
                    return said.Progress;
                }
            }
        }
    }

    public DirectoryClient Client { get; private set; } = null!;

    public DaemonDirectory Daemon => new(Client, Client);

    public Source? Source { get; set; }

    public Sample? Sample { get; set; }

    /// <summary>Instead of a line.</summary>
    public RpcException? Refusal { get; set; }

    public int Opened => Volatile.Read(ref _opened);

    public static async Task<ScriptedDirectory> StartAsync()
    {
        var directory = new ScriptedDirectory();
        directory._host = await ServiceHost.StartAsync(directory);
        directory._channel = GrpcChannel.ForAddress(directory._host.Url);
        directory.Client = new DirectoryClient(directory._channel);
        return directory;
    }

    /// <summary>The next line that a daemon opens.</summary>
    public ValueTask<OpenedLine> LineAsync() => _lines.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public void Share(Sample sample, ServiceHost host) => (Sample, Source) = (sample, new Source
    {
        PeerId = "source",
        User = "bea",
        Ip = "127.0.0.1",
        Port = host.Port,
        Url = host.Url,
        Path = "label/sample.bin",
        Reachable = true,
    });

    public override async Task Control(
        IAsyncStreamReader<ControlRequest> requestStream, IServerStreamWriter<ControlResponse> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _opened);
        if (Refusal is { } refusal)
        {
            throw refusal;
        }

        Assert.StartsWith("Bearer ", context.RequestHeaders.GetValue("authorization"), StringComparison.Ordinal);
        await requestStream.MoveNext(context.CancellationToken);
        var line = new OpenedLine(requestStream.Current.Hello, requestStream, responseStream);
        await _lines.Writer.WriteAsync(line, context.CancellationToken);
        await line.End.Task.WaitAsync(context.CancellationToken);
    }

    public override Task<LocateResponse> Locate(LocateRequest request, ServerCallContext context)
    {
        if (Sample is null || request.Root != Sample.Id.Root.ToString())
        {
            throw new RpcException(new Status(StatusCode.NotFound, "No live peer shares that content."));
        }

        return Task.FromResult(new LocateResponse
        {
            Root = request.Root,
            Length = Sample.Id.Length,
            SourceCount = 1,
            Sources = { new LocatedSource { Source = Source } },
        });
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        await (_host?.DisposeAsync() ?? default);
    }
}
