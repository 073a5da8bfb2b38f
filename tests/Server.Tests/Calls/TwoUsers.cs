using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Tests.Lines;

namespace P2P.Server.Tests.Calls;

/// <summary>
/// A directory with a victim, who has a proven peer with a folder for a group, a declared one and a meeting that waits for it, and with mallory,
/// who has a peer too. In members access there is an operator.
/// </summary>
sealed class TwoUsers : IAsyncDisposable
{
    static readonly string Secret = string.Concat(Enumerable.Repeat("5e", 32));

    readonly TestKey _victimKey = new();
    readonly TestKey _malloryKey = new();
    TestLine? _line;
    AsyncDuplexStreamingCall<RelayRequest, RelayResponse>? _waiting;
    string? _boss;

    TwoUsers(TestDirectory directory) => Directory = directory;

    public TestDirectory Directory { get; }

    public LoginResponse Victim { get; private set; } = new();

    public LoginResponse Mallory { get; private set; } = new();

    /// <summary>Where the victim is waited for.</summary>
    public string Meeting { get; private set; } = "";

    static CancellationToken None => TestContext.Current.CancellationToken;

    public static async Task<TwoUsers> StartAsync(AccessMode access)
    {
        var net = new TwoUsers(await TestDirectory.StartAsync(access, time: new FakeTimeProvider(), allowDeclared: true));
        if (access == AccessMode.Members)
        {
            await net.MakeAccountsAsync();
        }

        net.Victim = await net._victimKey.LoginAsync(net.Directory, "victim", 5001);
        await net.Directory.Client.LoginAsync(
            new LoginRequest { User = "victim", Password = "per12345", Ip = "127.0.0.1", Url = "http://localhost", Port = 5003 }, TestDirectory.Anonymous);
        await net.PublishAsync();
        net.Mallory = await net._malloryKey.LoginAsync(net.Directory, "mallory", 5002);
        net._line = await TestLine.OpenAsync(net.Directory, net.Victim.Token);
        net._waiting = net.Directory.Client.Relay(TestDirectory.With(net._boss ?? net.Victim.Token));
        await net._waiting.RequestStream.WriteAsync(new RelayRequest { Open = new RelayOpen { PeerId = net.Victim.PeerId } }, None);
        net.Meeting = (await net._line.ReadAsync()).Relay.Id;
        return net;
    }

    /// <summary>All that can be seen of it, as its operator or, without one, the victim.</summary>
    public async Task<string> StateAsync()
    {
        var options = TestDirectory.With(_boss ?? Victim.Token);
        var seen = $"{await Directory.Client.IndexAsync(new(), options)} {await Directory.Client.StatsAsync(new(), options)}";
        return _boss is null
            ? seen
            : $"{seen} {await Directory.Operator.ListAccountsAsync(new(), options)} {await Directory.Operator.ListBlocksAsync(new(), options)} "
                + $"{await Directory.Operator.ListAuditEventsAsync(new(), options)}";
    }

    public async ValueTask DisposeAsync()
    {
        _waiting?.Dispose();
        _line?.Dispose();
        await Directory.DisposeAsync();
        _victimKey.Dispose();
        _malloryKey.Dispose();
    }

    async Task MakeAccountsAsync()
    {
        _boss = (await Directory.Client.LoginAsync(
            new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = Directory.OperatorCode }, TestDirectory.Anonymous)).Token;
        foreach (var (user, group) in ((string, string)[])[("victim", "lab"), ("mallory", "other")])
        {
            await Directory.Operator.CreateAccountAsync(new() { User = user, Password = "per12345", Groups = { group } }, TestDirectory.With(_boss));
        }
    }

    async Task PublishAsync()
    {
        using var publish = Directory.Client.Publish(TestDirectory.With(Victim.Token));
        await publish.RequestStream.WriteAsync(
            new PublishRequest
            {
                CatalogId = "c",
                Access = { new ShareAccess { Label = "lab", Groups = { "lab" } } },
                Upserts = { new FileEntry { Path = "lab/secret.txt", Root = Secret, Size = 3 }, new FileEntry { Path = "pub/open.txt" } },
            },
            None);
        await publish.RequestStream.CompleteAsync();
        await publish;
    }
}
