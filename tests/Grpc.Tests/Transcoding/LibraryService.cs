using System.Security.Cryptography;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Cors;

namespace Grpc.Tests.Transcoding;

/// <summary>One of its methods has a CORS policy of its own.</summary>
sealed class CorsLibraryService(LibraryProbe probe) : LibraryService(probe)
{
    [EnableCors("books")]
    public override Task<Shelf> GetBook(Shelf request, ServerCallContext context) => base.GetBook(request, context);
}

/// <summary>Answers with what it got, or fails as it is told to.</summary>
class LibraryService(LibraryProbe probe) : Library.LibraryBase
{
    public override Task<Shelf> GetBook(Shelf request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Shelf> GetFile(Shelf request, ServerCallContext context) => Task.FromResult(request);

    public override async Task<Item> GetItem(Key request, ServerCallContext context)
    {
        probe.Calls.Add(context);
        await context.WriteResponseHeadersAsync(new Metadata
        {
            { "x-answer", "42" }, { "x-blob-bin", new byte[] { 1, 2, 3 } },
            // As of an answer of another server, handed on.
            { "content-length", "3" }, { "transfer-encoding", "gzip" }, { "connection", "upgrade" }, { "content-type", "text/plain" },
        });
        return new Item { Id = request.Id, N = request.N, Title = context.RequestHeaders.GetValue("x-title") ?? "", Tags = { "a", "b" } };
    }

    public override Task<Item> CreateItem(Item request, ServerCallContext context) => Task.FromResult(request);

    public override Task<PatchItem> UpdateItem(PatchItem request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Item> ArchiveItem(Item request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Query> ListItems(Query request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Item> GetTags(Key request, ServerCallContext context) => Task.FromResult(new Item { Id = request.Id, Tags = { "a", "b" } });

    public override Task<Item> PutTags(Item request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Everything> Echo(Everything request, ServerCallContext context) => Task.FromResult(request);

    public override Task<StringValue> Wrapped(StringValue request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Value> Loose(Value request, ServerCallContext context) =>
        // A value without a kind has no JSON form.
        Task.FromResult(request.StringValue == "no form" ? new Value() : request);

    public override Task<Timestamp> Timed(Timestamp request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Item> Any(Key request, ServerCallContext context) => Task.FromResult(new Item { Id = request.Id });

    [Authorize]
    public override Task<Item> Secret(Key request, ServerCallContext context) => Task.FromResult(new Item { Id = request.Id });

    public override async Task WatchItems(FailRequest request, IServerStreamWriter<Item> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < request.After; i++)
        {
            await responseStream.WriteAsync(new Item { Id = $"{i}\n" });
            await probe.Gate.WaitAsync(context.CancellationToken);
        }
        ThrowIf(request);
    }

    public override async Task Download(FailRequest request, IServerStreamWriter<HttpBody> responseStream, ServerCallContext context)
    {
        if (request.Code == 206)
        {
            var response = context.GetHttpContext().Response;
            response.StatusCode = 206;
            response.ContentLength = 6;
            response.Headers.ETag = "\"x\"";
            request.Code = 0;
        }
        for (var i = 0; i < request.After; i++)
        {
            await responseStream.WriteAsync(new HttpBody { ContentType = i == 0 ? "video/x-test" : "ignored/it", Data = ByteString.CopyFrom((byte)i, 10) });
        }
        ThrowIf(request);
    }

    public override Task<Empty> Fail(FailRequest request, ServerCallContext context)
    {
        ThrowIf(request);
        return Task.FromResult(new Empty());
    }

    public override Task<Uploaded> Upload(UploadFile request, ServerCallContext context) =>
        Task.FromResult(Describe(request.Path, request.Note, request.File.ContentType, request.File.Data.ToByteArray()));

    public override Task<HttpBody> UploadRaw(HttpBody request, ServerCallContext context) => Task.FromResult(request);

    public override async Task<Uploaded> UploadStream(IAsyncStreamReader<UploadFile> requestStream, ServerCallContext context)
    {
        var (path, note, type, bytes) = ("", "", "", new MemoryStream());
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            var chunk = requestStream.Current;
            (path, note) = (chunk.Path, chunk.Note);
            type += chunk.File.ContentType;
            chunk.File.Data.WriteTo(bytes);
        }
        return Describe(path, note, type, bytes.ToArray());
    }

    public override async Task<Items> SendItems(IAsyncStreamReader<Item> requestStream, ServerCallContext context)
    {
        var items = new Items();
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            items.Items_.Add(requestStream.Current);
            probe.Received.Release();
        }
        return items;
    }

    public override async Task<Item> Wait(Key request, ServerCallContext context)
    {
        probe.Calls.Add(context);
        probe.Received.Release();
        try
        {
            await probe.Gate.WaitAsync(request.N == 1 ? CancellationToken.None : context.CancellationToken);
        }
        finally
        {
            probe.Cancelled.TrySetResult(context.CancellationToken.IsCancellationRequested);
        }
        return new Item { Id = "too late" };
    }

    static Uploaded Describe(string path, string note, string type, byte[] bytes) => new()
    {
        Path = path,
        Note = note,
        ContentType = type,
        Size = bytes.Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
    };

    static void ThrowIf(FailRequest request)
    {
        if (request.Unexpected)
        {
            throw new InvalidTimeZoneException("secret detail");
        }
        if (request.Code == 0)
        {
            return;
        }
        if (!request.Details)
        {
            throw new RpcException(new Core.Status((StatusCode)request.Code, "fehlt: \"é\" \u2028"), new Metadata { { "x-hint", "why" } });
        }
        var status = new Google.Rpc.Status { Code = request.Code, Message = "with details" };
        status.Details.Add(Google.Protobuf.WellKnownTypes.Any.Pack(new ErrorInfo { Reason = "GONE", Domain = "test" }));
        status.Details.Add(Google.Protobuf.WellKnownTypes.Any.Pack(new Node { Name = "own type" }));
        status.Details.Add(new Any { TypeUrl = "type.googleapis.com/no.Such", Value = ByteString.CopyFrom(1, 2) });
        throw status.ToRpcException();
    }
}

/// <summary>What tests and handlers tell each other.</summary>
sealed class LibraryProbe
{
    public List<ServerCallContext> Calls { get; } = [];

    /// <summary>Lets a waiting handler go on.</summary>
    public SemaphoreSlim Gate { get; } = new(0);

    public SemaphoreSlim Received { get; } = new(0);

    public TaskCompletionSource<bool> Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
