using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;
using P2P.Toolbox;

namespace P2P.Server.Tests.Relay;

/// <summary>What a peer that serves over TLS does before it serves: it demands a certificate, and of its key a ticket, which counts once.</summary>
sealed class TicketDoor : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly TicketVerifier _verifier;
    readonly Lock _lock = new();
    readonly HashSet<(string Print, ContentId Content)> _grants = [];
    int _arrived;
    int _spoken;

    public TicketDoor()
    {
        Identity = NodeIdentity.Open(new IdentityFiles(_folder.File("key.pem"), _folder.File("certificate.pem")), [], TimeProvider.System);
        var clock = new DirectoryClock(TimeProvider.System);
        clock.Observe(TimeProvider.System.GetUtcNow());
        _verifier = new TicketVerifier(clock);
    }

    public NodeIdentity Identity { get; }

    /// <summary>Connections that came.</summary>
    public int Arrived => _arrived;

    /// <summary>Connections over which a byte of the application came.</summary>
    public int Spoken => _spoken;

    /// <summary>The keys for which tickets were redeemed, in order.</summary>
    public List<string> Redeemed { get; } = [];

    /// <summary>Reads the directory's keys, as a peer does at its login.</summary>
    public async Task TrustAsync(TestDirectory directory)
    {
        var keys = await directory.Client.KeysAsync(new KeysRequest(), TestDirectory.Anonymous);
        _verifier.Keys = TicketKeySet.Of(keys.Keys);
    }

    public void Configure(ListenOptions endpoint)
    {
        endpoint.Use(next => connection =>
        {
            Interlocked.Increment(ref _arrived);
            return next(connection);
        });
        endpoint.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(PinnedTls.MutualServer(Identity, TimeProvider.System)),
        });
        endpoint.Use(next => connection => ListenAsync(next, connection));
    }

    public void Admit(ServerCallContext context, ContentId content, string ticket)
    {
        var print = KeyPrint.Of(context.GetHttpContext().Connection.ClientCertificate)!;
        lock (_lock)
        {
            if (_grants.Contains((print, content)))
            {
                return;
            }

            var refusal = _verifier.Redeem(ticket, new TicketDemand(Identity.Print, print, content));
            if (refusal != TicketRefusal.None)
            {
                throw Refused(refusal.ToString());
            }

            Redeemed.Add(print);
            _grants.Add((print, content));
        }
    }

    /// <summary>Forgets whom it let in, as after a restart.</summary>
    public RpcException Forget()
    {
        lock (_lock)
        {
            _grants.Clear();
        }

        return Refused("Forgotten");
    }

    public void Dispose()
    {
        Identity.Dispose();
        _folder.Dispose();
    }

    /// <summary>In TLS 1.3 the caller judges the certificate when the handshake has ended here already: what it says then is what counts.</summary>
    async Task ListenAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        var first = await connection.Transport.Input.ReadAsync(connection.ConnectionClosed);
        if (!first.Buffer.IsEmpty)
        {
            Interlocked.Increment(ref _spoken);
        }

        connection.Transport.Input.AdvanceTo(first.Buffer.Start);
        await next(connection);
    }

    static RpcException Refused(string why) => new Google.Rpc.Status
    {
        Code = (int)StatusCode.PermissionDenied,
        Message = why,
        Details = { Any.Pack(new ErrorInfo { Reason = "TICKET_REFUSED", Domain = "p2p.catalog.v1" }) },
    }.ToRpcException();
}
