using Google.Protobuf;
using Grpc.Core;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Tests.CommandLine;
using P2P.Peers.Local;
using P2P.Peers.Tests.Lying;
using P2P.Peers.Transfers;

namespace P2P.Peers.Tests.Sending;

public sealed class PutCommandTests : IAsyncLifetime
{
    readonly Inbox _inbox = new();
    readonly FakeDirectory _known = new();
    readonly TemporaryFolder _folder = new();
    readonly Sample _sample = new(2_000_001, seed: 9);
    ServiceHost _directory = null!;
    ServiceHost _receiver = null!;

    public async ValueTask InitializeAsync()
    {
        _directory = await ServiceHost.StartAsync(_known);
        _receiver = await ServiceHost.StartAsync(_inbox);
        _known.Add("ana", _receiver);
        await File.WriteAllBytesAsync(_folder["a.bin"], _sample.Bytes, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _directory.DisposeAsync();
        await _receiver.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Put_OpenInbox_SendsTheWholeFile()
    {
        Run run = await PutAsync("ana");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(_sample.Bytes, _inbox.Bytes);
        Assert.Equal((_sample.Id.Root.ToString(), "a.bin"), (_inbox.Header!.Root, _inbox.Header.Path));
    }

    [Fact]
    public async Task Put_HalfThereAlready_SendsTheRest()
    {
        _inbox.Received.AddRange(_sample.Bytes.Take(1024 * 1024));

        Run run = await PutAsync("ana");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(1024 * 1024, _inbox.Header!.Offset);
        Assert.Equal(_sample.Bytes, _inbox.Bytes);
    }

    [Fact]
    public async Task Put_ConnectionThatBreaks_GoesOnFromThere()
    {
        _inbox.BreakOnceAfter = 700_000;

        Run run = await PutAsync("ana", "--patience 30");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(_sample.Bytes, _inbox.Bytes);
        Assert.True(_inbox.Header!.Offset > 0);
    }

    [Fact]
    public async Task Put_AllSlotsTaken_WaitsForOne()
    {
        _inbox.BusyOnce = true;

        Run run = await PutAsync("ana", "--patience 30");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(_sample.Bytes, _inbox.Bytes);
    }

    [Fact]
    public async Task Put_ClosedInbox_IsRefusedWithTheReceiversSentence()
    {
        _inbox.Closed = true;

        Run run = await PutAsync("ana");

        Assert.Equal(ExitCodes.Refused, run.Code);
        Assert.Contains("does not accept", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_UnknownReceiver_IsNotFound() => Assert.Equal(ExitCodes.NotFound, (await PutAsync("nobody")).Code);

    [Fact]
    public async Task Pause_ThenResume_TheUploadStopsAndGoesOnToItsEnd()
    {
        (Task<Run> put, string id) = await BeginAsync();

        Run paused = await OwnAsync($"pause {id}");
        Assert.Equal((ExitCodes.Ok, $"{id} is paused\n"), (paused.Code, paused.Out));
        // What was under way has ended, and nobody is asked while it is paused, though the receiver would take more.
        await Wait.UntilAsync(() => _inbox.Running == 0);
        int asked = _inbox.Asked;
        _inbox.Held.SetResult();
        Assert.Matches($"{id} +put +paused", (await OwnAsync("transfers")).Out);
        Assert.Equal((false, asked), (put.IsCompleted, _inbox.Asked));

        await OwnAsync($"resume {id}");

        Assert.Equal(ExitCodes.Ok, (await put).Code);
        Assert.Equal(_sample.Bytes, _inbox.Bytes);
        Assert.True(_inbox.Header!.Offset > 0);
        HistoryEntry entry = Assert.Single(await new TransferHistory(Files).ReadAsync(TimeProvider.System));
        Assert.Equal((id, "put", "done", 1, _sample.Id.Length), (entry.Id, entry.Kind, entry.Outcome, entry.Files, entry.Bytes));
    }

    [Fact]
    public async Task Cancel_AnUpload_EndsItAndTheSameCommandGoesOn()
    {
        (Task<Run> put, string id) = await BeginAsync();

        await OwnAsync($"cancel {id}");

        Assert.Equal(ExitCodes.Cancelled, (await put).Code);
        Assert.Equal("cancelled", Assert.Single(await new TransferHistory(Files).ReadAsync(TimeProvider.System)).Outcome);
        _inbox.Held.SetResult();
        await Wait.UntilAsync(() => _inbox.Running == 0);
        Assert.Equal(ExitCodes.Ok, (await OwnAsync(Command)).Code);
        Assert.True(_inbox.Header!.Offset > 0);
        Assert.Equal(_sample.Bytes, _inbox.Bytes);
    }

    DaemonFiles Files => new(_folder["peer"]);

    string Command => $"put --directory {_directory.Url} --to ana {_folder["a.bin"]}";

    // Returns once the upload has come to where its receiver takes no more.
    async Task<(Task<Run> Put, string Id)> BeginAsync()
    {
        _inbox.HoldAfter = 700_000;
        Task<Run> put = Task.Run(() => OwnAsync(Command), TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => put.IsCompleted || _inbox.Holds);
        Assert.False(put.IsCompleted);
        return (put, Assert.Single(new TransferFolder(Files).List()).Record.Id);
    }

    Task<Run> OwnAsync(string command) => Run.InAsync(new() { ["P2P_DATA"] = Files.Folder }, "", command);

    Task<Run> PutAsync(string to, string more = "") => Run.Async($"put --directory {_directory.Url} --to {to} {more}", _folder["a.bin"]);

    sealed class Inbox : Catalog.CatalogBase
    {
        int _running, _asked;

        public List<byte> Received { get; } = [];

        public byte[] Bytes => [.. Received];

        public UploadHeader? Header { get; private set; }

        public bool Closed { get; set; }

        public bool BusyOnce { get; set; }

        public int BreakOnceAfter { get; set; } = int.MaxValue;

        /// <summary>Takes no more than that, until <see cref="Held"/>.</summary>
        public int HoldAfter { get; set; } = int.MaxValue;

        public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Holds { get; private set; }

        public int Running => Volatile.Read(ref _running);

        public int Asked => Volatile.Read(ref _asked);

        public override Task<DescribeResponse> Describe(DescribeRequest request, ServerCallContext context)
        {
            if (Closed)
                throw new RpcException(new Status(StatusCode.PermissionDenied, "This peer does not accept uploads."));
            Interlocked.Increment(ref _asked);
            int whole = Received.Count / 16384 * 16384;
            Received.RemoveRange(whole, Received.Count - whole);
            return Task.FromResult(new DescribeResponse { Root = request.Root, Length = request.Length, UploadOffset = whole });
        }

        public override async Task<UploadResponse> Upload(IAsyncStreamReader<UploadRequest> requestStream, ServerCallContext context)
        {
            if (BusyOnce)
            {
                BusyOnce = false;
                Google.Rpc.ErrorInfo reason = new() { Domain = "p2p.catalog.v1", Reason = "NO_SLOT" };
                throw new Google.Rpc.Status { Code = (int)StatusCode.ResourceExhausted, Details = { Google.Protobuf.WellKnownTypes.Any.Pack(reason) } }
                    .ToRpcException();
            }

            Interlocked.Increment(ref _running);
            try
            {
                return await TakeAsync(requestStream, context.CancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }

        async Task<UploadResponse> TakeAsync(IAsyncStreamReader<UploadRequest> requestStream, CancellationToken cancellation)
        {
            await foreach (UploadRequest part in requestStream.ReadAllAsync(cancellation))
            {
                Header = part.PartCase == UploadRequest.PartOneofCase.Header ? part.Header : Header;
                Received.AddRange(part.Data ?? ByteString.Empty);
                if (Received.Count > HoldAfter)
                {
                    Holds = true;
                    await Held.Task.WaitAsync(cancellation);
                }

                if (Received.Count <= BreakOnceAfter)
                    continue;
                BreakOnceAfter = int.MaxValue;
                throw new RpcException(new Status(StatusCode.Unavailable, "The inbox went away."));
            }

            return new UploadResponse { Path = Header!.Path, Length = Header.Length, Root = Header.Root };
        }
    }
}
