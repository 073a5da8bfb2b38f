using Grpc.Core;
using P2P.Peers.Lines;
using P2P.Peers.Local.V1;

namespace P2P.Peers.Local;

/// <summary>Has the running daemon of the data folder, which listens, take connections for a command that does not.</summary>
sealed class LocalDialIns(Daemon.DaemonClient client) : IDialInDesk
{
    public async Task<IExpectedDialIn?> ExpectAsync(CancellationToken cancellationToken)
    {
        var call = client.DialIn(cancellationToken: CancellationToken.None);
        try
        {
            return await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false)
                ? new Expected(call, call.ResponseStream.Current.Token)
                : throw new RpcException(new Status(StatusCode.Unavailable, "The daemon gave no token."));
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            // It has just ended: then nobody can dial in, and there are other ways.
            call.Dispose();
            return null;
        }
        catch (Exception)
        {
            call.Dispose();
            throw;
        }
    }

    sealed class Expected : IExpectedDialIn
    {
        readonly AsyncDuplexStreamingCall<DialInRequest, DialInResponse> _call;
        bool _kept;

        public Expected(AsyncDuplexStreamingCall<DialInRequest, DialInResponse> call, string token)
        {
            (_call, Token) = (call, token);
            Came = WaitAsync();
        }

        public string Token { get; }

        public Task<Stream> Came { get; }

        public void Keep() => _kept = true;

        public void Dispose()
        {
            if (!_kept)
            {
                _call.Dispose();
            }
        }

        async Task<Stream> WaitAsync() => await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false)
            ? new CallStream<DialInRequest, DialInResponse>(_call, data => new DialInRequest { Data = data }, message => message.Data)
            : throw new RpcException(new Status(StatusCode.Unavailable, "The daemon ended."));
    }
}
