using Google.Api;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Tests.Transcoding;

namespace Grpc.Tests.Fuzz;

/// <summary>Answers at once, whatever it is asked; its failures are the runtime's.</summary>
sealed class EchoLibrary : Library.LibraryBase
{
    const int MostMessages = 5;

    public override Task<Shelf> GetBook(Shelf request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Shelf> GetFile(Shelf request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Item> GetItem(Key request, ServerCallContext context) => Task.FromResult(new Item { Id = request.Id, N = request.N });

    public override Task<Item> CreateItem(Item request, ServerCallContext context) => Task.FromResult(request);

    public override Task<PatchItem> UpdateItem(PatchItem request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Item> ArchiveItem(Item request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Query> ListItems(Query request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Item> GetTags(Key request, ServerCallContext context) => Task.FromResult(new Item { Tags = { request.Id } });

    public override Task<Item> PutTags(Item request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Everything> Echo(Everything request, ServerCallContext context) => Task.FromResult(request);

    public override Task<StringValue> Wrapped(StringValue request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Value> Loose(Value request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Timestamp> Timed(Timestamp request, ServerCallContext context) => Task.FromResult(request);

    public override Task<HttpBody> UploadRaw(HttpBody request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Uploaded> Upload(UploadFile request, ServerCallContext context) =>
        Task.FromResult(new Uploaded { Path = request.Path, Note = request.Note, ContentType = request.File?.ContentType ?? "", Size = request.File?.Data.Length ?? 0 });

    public override async Task<Uploaded> UploadStream(IAsyncStreamReader<UploadFile> requestStream, ServerCallContext context)
    {
        var answer = new Uploaded();
        await foreach (var part in requestStream.ReadAllAsync(context.CancellationToken))
        {
            answer.Path = part.Path;
            answer.Size += part.File?.Data.Length ?? 0;
        }
        return answer;
    }

    public override async Task<Items> SendItems(IAsyncStreamReader<Item> requestStream, ServerCallContext context)
    {
        var items = new Items();
        await foreach (var item in requestStream.ReadAllAsync(context.CancellationToken))
        {
            items.Items_.Add(item);
        }
        return items;
    }

    public override async Task WatchItems(FailRequest request, IServerStreamWriter<Item> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < Math.Min(request.After, MostMessages); i++)
        {
            await responseStream.WriteAsync(new Item { N = i, Id = "\n" });
        }
    }

    public override async Task Download(FailRequest request, IServerStreamWriter<HttpBody> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < Math.Min(request.After, MostMessages); i++)
        {
            await responseStream.WriteAsync(new HttpBody { ContentType = "x/y", Data = Google.Protobuf.ByteString.CopyFromUtf8("bytes") });
        }
    }

    public override async Task Talk(IAsyncStreamReader<Item> requestStream, IServerStreamWriter<Item> responseStream, ServerCallContext context)
    {
        await foreach (var item in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(item);
        }
    }

    public override Task<Empty> Fail(FailRequest request, ServerCallContext context) => Task.FromResult(new Empty());
}
