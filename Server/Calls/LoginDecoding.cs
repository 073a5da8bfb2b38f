using System.Net;
using Google.Rpc;
using Grpc.Core;
using Grpc.Validation;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>A valid LoginRequest and where it came from, as the directory understands them.</summary>
sealed class LoginDecoding(ForeignAddresses foreign)
{
    public Arrival Decode(LoginRequest request, IPAddress source, DateTimeOffset now)
    {
        if (request.Reader)
        {
            return new Arrival(request, null, null) { Source = source.ToString() };
        }

        var address = AddressPolicy.Read(request.Ip, request.Url, request.Port, source).Endpoint!.Value;
        RefuseForeign(address, source);
        var addresses = request.Addresses.Select(Normal).Distinct(StringComparer.Ordinal);
        var peer = new PeerIdentity("", request.User, request.Name, address, [.. addresses], false, now, request.Client);
        return new Arrival(request, peer, Files(request)) { Source = source.ToString() };
    }

    /// <summary>Nobody registers another machine unless the operator lets them, or what must never be dialled.</summary>
    void RefuseForeign(PeerEndpoint address, IPAddress source)
    {
        var isLocal = IPAddress.IsLoopback(source);
        if (!address.Address.Equals(source) && !(isLocal && IPAddress.IsLoopback(address.Address)) && !foreign.Contains(address.Address))
        {
            throw Violation("ip", $"must be the address that the call comes from, {source}, or left out");
        }

        switch (new DialPolicy(AllowLoopback: isLocal).Check(address))
        {
            case DialRefusal.None:
                break;
            case DialRefusal.LowPort:
                throw Violation("port", "must be 1024 or higher: below are the system's own services");
            default:
                throw Violation("ip", "must be an address at which peers may be reached");
        }
    }

    static RpcException Violation(string field, string description) =>
        InvalidRequest.ToRpcException([new BadRequest.Types.FieldViolation { Field = field, Description = description }]);

    static string Normal(string address) =>
        PeerEndpoint.TryParseHostAndPort(address, secure: true, out var endpoint) ? endpoint.HostAndPort : address;

    /// <summary>The names in <c>archivos</c>: trimmed, without empty ones.</summary>
    public static IEnumerable<string> Names(string archivos) =>
        archivos.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What the request says is shared; null if it says nothing. Where both lists name a path, the one that knows more counts.</summary>
    static List<FileEntry>? Files(LoginRequest request)
    {
        var known = request.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var named = Names(request.Archivos).Distinct(StringComparer.Ordinal).Where(name => !known.Contains(name));
        List<FileEntry> files = [.. request.Files, .. named.Select(name => new FileEntry { Path = name })];
        return files.Count == 0 ? null : files;
    }
}
