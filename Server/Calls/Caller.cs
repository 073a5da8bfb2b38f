using System.Net;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>Who makes a call.</summary>
static class Caller
{
    /// <summary>The caller's session, if it sent a token.</summary>
    public static Session? Session(ServerCallContext context) => context.GetHttpContext().Features.Get<Session>();

    /// <summary>The session of a call that is not let through without one.</summary>
    public static Session RequiredSession(ServerCallContext context) =>
        Session(context) ?? throw new RefusalException(ErrorReason.TokenRequired, "The call needs a token.");

    /// <summary>The address that the call comes from.</summary>
    public static IPAddress Ip(ServerCallContext context) =>
        Canonical(context.GetHttpContext().Connection.RemoteIpAddress ?? IPAddress.Loopback);

    static IPAddress Canonical(IPAddress ip) => ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
}
