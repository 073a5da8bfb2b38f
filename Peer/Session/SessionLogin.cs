using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.Session;

/// <summary>Makes Login requests.</summary>
/// <param name="Options">Who logs in.</param>
/// <param name="Identity">This peer's key.</param>
/// <param name="Url">Scheme and port of the Catalog service, known once it listens; its host says nothing.</param>
sealed record SessionLogin(LoginOptions Options, NodeIdentity Identity, Func<Uri> Url)
{
    static readonly string Version = typeof(SessionLogin).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <param name="nonce">From Challenge; null to log in without a proof.</param>
    public LoginRequest Request(byte[]? nonce)
    {
        var url = Url();
        var request = new LoginRequest
        {
            User = Options.User,
            Password = Options.Password ?? "",
            Url = $"{url.Scheme}://{url.Host}",
            Port = url.Port,
            Client = new ClientInfo { Name = "peer", Version = Version },
            Proof = nonce is null ? null : PeerProof.Of(Identity, Options.User, nonce),
            Name = Options.Name,
        };
        if (Options.AdvertisedIp is { } ip)
        {
            request.Ip = ip;
        }

        if (Options.Invitation is { } invitation)
        {
            request.Invitation = invitation;
        }

        return request;
    }
}
