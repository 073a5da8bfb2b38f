using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using P2P.Content;
using P2P.Server.Hosting;
using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>
/// Bounds the streams of one address, of every service and kind together: what each of them has a bound of its own for is not all that a
/// stranger can open. It comes before the caller is known, so that tokens that are tried count too.
/// </summary>
sealed class StreamCap(ConnectionOptions options, TrustedProxies proxies) : StreamGate
{
    static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(5);

    readonly AddressCounts _open = new(options.StreamsPerAddress);

    protected override IDisposable? Enter(ServerCallContext context)
    {
        var address = Caller.Ip(context);
        return proxies.Contains(address) ? null : _open.TryEnter(address) ?? throw RefusalException.Quota(
            "streams of the address", $"At most {options.StreamsPerAddress} streams come from one address at a time; come back in a few seconds.",
            new RetryInfo { RetryDelay = Duration.FromTimeSpan(ComeBack) });
    }
}
