using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using P2P.Content;

namespace P2P.Peers.Serving;

/// <summary>Who calls.</summary>
/// <param name="Print">The print of the key that it proved in TLS; null where it called in the clear.</param>
readonly record struct Caller(string? Print)
{
    static readonly ConditionalWeakTable<X509Certificate2, string> Prints = [];

    /// <summary>A caller in the clear.</summary>
    public static Caller InTheClear => default;

    public static Caller Of(ServerCallContext context) =>
        new(context.GetHttpContext().Connection.ClientCertificate is { } shown ? Prints.GetValue(shown, PrintOf) : null);

    // The handshake let no other key through.
    static string PrintOf(X509Certificate2 certificate) =>
        KeyPrint.Of(certificate) ?? throw new InvalidOperationException("A connection without a P-256 key was let in.");
}
