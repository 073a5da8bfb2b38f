using Google.Protobuf;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Lines;

/// <summary>One end of a relay, as a test plays it.</summary>
sealed class TestEnd(AsyncDuplexStreamingCall<RelayRequest, RelayResponse> call) : IDisposable
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    public static async Task<TestEnd> OpenAsync(TestDirectory directory, string token, RelayOpen open)
    {
        var end = new TestEnd(directory.Client.Relay(token.Length > 0 ? TestDirectory.With(token) : TestDirectory.Anonymous));
        await end.SendAsync(new RelayRequest { Open = open });
        return end;
    }

    public Task SendAsync(RelayRequest request) => call.RequestStream.WriteAsync(request);

    public Task SendAsync(ReadOnlyMemory<byte> data) => SendAsync(new RelayRequest { Data = UnsafeByteOperations.UnsafeWrap(data) });

    public Task CloseAsync() => call.RequestStream.CompleteAsync();

    public async Task<RelayResponse> ReadAsync()
    {
        Assert.True(await call.ResponseStream.MoveNext(None));
        return call.ResponseStream.Current;
    }

    /// <summary>So many bytes, in however many messages.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new List<byte>();
        while (bytes.Count < count)
        {
            bytes.AddRange((await ReadAsync()).Data);
        }

        return [.. bytes];
    }

    /// <summary>The directory ended it well.</summary>
    public async Task EndsAsync() => Assert.False(await call.ResponseStream.MoveNext(None));

    public async Task<(StatusCode Code, string Reason)> FailsAsync()
    {
        var (code, reason, _) = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(None)));
        return (code, reason);
    }

    public void Dispose() => call.Dispose();
}
