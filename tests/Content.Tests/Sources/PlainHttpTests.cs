using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Time.Testing;

namespace P2P.Content.Tests.Sources;

/// <summary>Ranges by plain HTTP, and what is left to gRPC.</summary>
public sealed class PlainHttpTests
{
    static readonly byte[] Data = Samples.Bytes(3 * 1024 * 1024 + 77);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_AnyRangeInAnyPortions_IsExactAndAsksNoMessages() =>
        await Task.Run(() => Prop.ForAll(
            (from offset in Gen.Choose(0, Data.Length - PlainHttp.LeastCount)
             from count in Gen.Choose(PlainHttp.LeastCount, Data.Length - offset)
             from portion in Gen.Elements(700, 16384, 100_000, 262_144, 5_000_000)
             select (offset, count, portion)).ToArbitrary(),
            s =>
            {
                CatalogDouble peer = new(Data);
                (FetchFailure? failure, byte[] got) = Fetch(peer, new HttpDouble(Data) { Portion = s.portion }, s.offset, s.count).GetAwaiter().GetResult();
                return failure is null && peer.Downloads.Count == 0 && got.AsSpan().SequenceEqual(Data.AsSpan(s.offset, s.count));
            }).QuickCheckThrowOnFailure(), Cancel);

    [Fact]
    public async Task Fetch_ConnectionBreaks_HandsOutTheWholeBlocksBeforeIt()
    {
        (FetchFailure? failure, byte[] got) = await Fetch(
            new CatalogDouble(Data), new HttpDouble(Data) { Portion = 50_000, BreaksAt = 1_000_000 }, 0, Data.Length);

        Assert.Equal(FetchFault.Unavailable, failure!.Fault);
        Assert.Equal(Data[..(1_000_000 / 16384 * 16384)], got);
    }

    [Fact]
    public async Task Fetch_BodyEndsEarly_IsNoWholeRange()
    {
        (FetchFailure? failure, byte[] got) = await Fetch(new CatalogDouble(Data), new HttpDouble(Data) { EndsAt = 500_000 }, 0, Data.Length);

        Assert.Equal(FetchFault.Unavailable, failure!.Fault);
        Assert.Equal(Data[..(500_000 / 16384 * 16384)], got);
    }

    [Fact]
    public async Task Fetch_WrongByte_NamesItsBlock()
    {
        byte[] wrong = [.. Data];
        wrong[2_000_000] ^= 1;

        (FetchFailure? failure, byte[] got) = await Fetch(new CatalogDouble(Data), new HttpDouble(wrong), 0, Data.Length);

        Assert.Equal((FetchFault.WrongBytes, 2_000_000 / 16384), (failure!.Fault, failure.Block));
        Assert.Equal(Data[..(2_000_000 / 16384 * 16384)], got);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, 1, "application/octet-stream", 1)]
    [InlineData(HttpStatusCode.NotFound, 0, "application/json", 1)]
    [InlineData(HttpStatusCode.NotImplemented, 0, "application/json", 1)]
    [InlineData(HttpStatusCode.BadRequest, 0, "text/plain", 1)]
    [InlineData(HttpStatusCode.TooManyRequests, 0, "application/json", 2)]
    [InlineData(HttpStatusCode.Forbidden, 0, "application/json", 2)]
    public async Task Fetch_AnotherAnswer_IsLeftToMessages(HttpStatusCode status, int more, string type, int asked)
    {
        CatalogDouble peer = new(Data);
        HttpDouble http = new(Data) { Status = status, More = more, Type = type };
        PlainHttp plain = new(new HttpMessageInvoker(http), new Uri("http://127.0.0.1:1"));
        VerifiedSource source = new(peer.Client, "ticket", new VerifiedSourceOptions(), TimeProvider.System, plain);

        for (int i = 0; i < 2; i++)
            Assert.Null(await source.FetchAsync(peer.Content, 0, Data.Length, (_, _) => ValueTask.CompletedTask, Cancel));

        Assert.Equal(2, peer.Downloads.Count);
        Assert.Equal(asked, http.Questions.Count);
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, 2)]
    [InlineData(HttpRequestError.InvalidResponse, 1)]
    public async Task Fetch_NoConnection_IsLeftToMessages(HttpRequestError error, int asked)
    {
        CatalogDouble peer = new(Data);
        HttpDouble http = new(Data) { Error = error };
        PlainHttp plain = new(new HttpMessageInvoker(http), new Uri("http://127.0.0.1:1"));
        VerifiedSource source = new(peer.Client, "ticket", new VerifiedSourceOptions(), TimeProvider.System, plain);

        for (int i = 0; i < 2; i++)
            Assert.Null(await source.FetchAsync(peer.Content, 0, Data.Length, (_, _) => ValueTask.CompletedTask, Cancel));

        Assert.Equal((2, asked), (peer.Downloads.Count, http.Questions.Count));
    }

    [Fact]
    public async Task Fetch_NoAnswer_IsSilence()
    {
        FakeTimeProvider time = new();
        HttpDouble http = new(Data) { IsSilent = true };
        Task<(FetchFailure? Failure, byte[] Got)> fetch = Fetch(new CatalogDouble(Data), http, 0, Data.Length, time);
        await http.Asked.WaitAsync(Cancel);

        time.Advance(new VerifiedSourceOptions().Silence.LimitFor(Data.Length));

        Assert.Equal(FetchFault.Silent, (await fetch).Failure!.Fault);
    }

    [Fact]
    public async Task Fetch_Question_HasTheTicketInTheBody()
    {
        HttpDouble http = new(Data);
        CatalogDouble peer = new(Data);

        await Fetch(peer, http, 16384, PlainHttp.LeastCount);

        (Uri address, JsonElement question) = Assert.Single(http.Questions);
        Assert.Equal("http://127.0.0.1:1/v1/catalog:read", address.ToString());
        Assert.Equal("ticket", question.GetProperty("ticket").GetString());
        Assert.Equal(peer.Content.Root.ToString(), question.GetProperty("root").GetString());
        Assert.Equal(("16384", $"{PlainHttp.LeastCount}"), (question.GetProperty("offset").GetString(), question.GetProperty("count").GetString()));
    }

    [Fact]
    public async Task Fetch_ShortRange_IsNotAskedForByHttp()
    {
        HttpDouble http = new(Data);
        CatalogDouble peer = new(Data);

        await Fetch(peer, http, 0, PlainHttp.LeastCount / 2);

        Assert.Empty(http.Questions);
        Assert.Single(peer.Downloads);
    }

    static async Task<(FetchFailure? Failure, byte[] Got)> Fetch(CatalogDouble peer, HttpDouble http, int offset, int count, TimeProvider? time = null)
    {
        PlainHttp plain = new(new HttpMessageInvoker(http), new Uri("http://127.0.0.1:1"));
        VerifiedSource source = new(peer.Client, "ticket", new VerifiedSourceOptions(), time ?? TimeProvider.System, plain);
        MemoryStream got = new();
        FetchFailure? failure = await source.FetchAsync(peer.Content, offset, count, (bytes, _) =>
        {
            got.Write(bytes.Data.Span);
            return ValueTask.CompletedTask;
        }, Cancel);
        return (failure, got.ToArray());
    }

    sealed class HttpDouble(byte[] data) : HttpMessageHandler
    {
        readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Portion { get; init; } = 100_000;

        public int BreaksAt { get; init; } = int.MaxValue;

        public int EndsAt { get; init; } = int.MaxValue;

        public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

        /// <summary>Bytes that it announces beyond those asked for.</summary>
        public int More { get; init; }

        public string Type { get; init; } = "application/octet-stream";

        public HttpRequestError? Error { get; init; }

        public bool IsSilent { get; init; }

        public List<(Uri Address, JsonElement Question)> Questions { get; } = [];

        public Task Asked => _asked.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            JsonElement question = JsonDocument.Parse(await request.Content!.ReadAsStringAsync(cancellationToken)).RootElement;
            Questions.Add((request.RequestUri!, question));
            _asked.TrySetResult();
            if (Error is { } error)
                throw new HttpRequestException(error);
            if (IsSilent)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            int offset = Number("offset"), count = Number("count");
            StreamContent content = new(new Portions(data.AsMemory(offset, count), this));
            content.Headers.ContentLength = count + More;
            content.Headers.ContentType = new MediaTypeHeaderValue(Type);
            return new HttpResponseMessage(Status) { Content = content };

            int Number(string name) => int.Parse(question.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    sealed class Portions(ReadOnlyMemory<byte> bytes, HttpDouble from) : MemoryStream(bytes.ToArray())
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position >= from.BreaksAt)
                throw new HttpIOException(HttpRequestError.ResponseEnded);
            int most = (int)Math.Min(Math.Min(from.Portion, from.BreaksAt - Position), from.EndsAt - Position);
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
        }
    }
}
