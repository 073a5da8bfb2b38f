using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Lines;

/// <summary>A daemon's end of a Control line, as a test plays it.</summary>
sealed class TestLine(AsyncDuplexStreamingCall<ControlRequest, ControlResponse> call) : IDisposable
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    /// <summary>Opens a line; it is in the registry when this returns.</summary>
    public static async Task<TestLine> OpenAsync(TestDirectory directory, string token, bool acceptsFetch = true)
    {
        var line = new TestLine(directory.Client.Control(TestDirectory.With(token)));
        await line.SendAsync(new ControlRequest { Hello = new ControlHello { AcceptsFetch = acceptsFetch } });
        await line.SendAsync(new ControlRequest { Ping = new ControlPing() });
        Assert.NotNull((await line.ReadAsync()).Ping);
        return line;
    }

    public Task SendAsync(ControlRequest message) => call.RequestStream.WriteAsync(message);

    public Task TellAsync(string id, TransferState state, long done = 0, string reason = "") => SendAsync(new ControlRequest
    {
        Progress = new ControlProgress { Id = id, Progress = new FetchResponse { State = state, BytesDone = done, Reason = reason } },
    });

    public Task AnswerAsync(string id, bool ok, string reason = "") =>
        SendAsync(new ControlRequest { Answer = new ControlAnswer { Id = id, Ok = ok, Reason = reason } });

    /// <summary>The next command.</summary>
    public async Task<ControlResponse> ReadAsync()
    {
        Assert.True(await call.ResponseStream.MoveNext(None));
        return call.ResponseStream.Current;
    }

    /// <summary>How the directory ended it.</summary>
    /// <param name="mayTell">Commands may come before.</param>
    public async Task<(StatusCode Code, string Reason)> EndAsync(bool mayTell = false)
    {
        var (code, reason, _) = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(None) && mayTell)
            {
                // On to the end.
            }
        }));
        return (code, reason);
    }

    public Task CloseAsync() => call.RequestStream.CompleteAsync();

    public void Dispose() => call.Dispose();
}
