using Google.Protobuf;
using Grpc.Core;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Tests.CommandLine;
using P2P.Peers.Tests.Lying;

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

    Task<Run> PutAsync(string to, string more = "") => Run.Async($"put --directory {_directory.Url} --to {to} {more}", _folder["a.bin"]);

    sealed class Inbox : Catalog.CatalogBase
    {
        public List<byte> Received { get; } = [];

        public byte[] Bytes => [.. Received];

        public UploadHeader? Header { get; private set; }

        public bool Closed { get; set; }

        public bool BusyOnce { get; set; }

        public int BreakOnceAfter { get; set; } = int.MaxValue;

        public override Task<DescribeResponse> Describe(DescribeRequest request, ServerCallContext context)
        {
            if (Closed)
                throw new RpcException(new Status(StatusCode.PermissionDenied, "This peer does not accept uploads."));
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

            await foreach (UploadRequest part in requestStream.ReadAllAsync(context.CancellationToken))
            {
                Header = part.PartCase == UploadRequest.PartOneofCase.Header ? part.Header : Header;
                Received.AddRange(part.Data ?? ByteString.Empty);
                if (Received.Count <= BreakOnceAfter)
                    continue;
                BreakOnceAfter = int.MaxValue;
                throw new RpcException(new Status(StatusCode.Unavailable, "The inbox went away."));
            }

            return new UploadResponse { Path = Header!.Path, Length = Header.Length, Root = Header.Root };
        }
    }
}
