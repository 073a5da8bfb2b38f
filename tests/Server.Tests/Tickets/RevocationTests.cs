using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Sessions;
using P2P.Server.Tests.Calls;
using P2P.Server.Tests.Lines;
using P2P.Server.Tickets;

namespace P2P.Server.Tests.Tickets;

/// <summary>Whose session is ended on purpose loses what sources granted to its key: they are told over their Control lines.</summary>
public sealed class RevocationTests : IDisposable
{
    static readonly string Root = string.Concat(Enumerable.Repeat("ab", 32));
    static readonly FileEntry File = new() { Path = "lab/a.bin", Root = Root, Size = 5 };

    readonly TestKey _source = new();
    readonly TestKey _other = new();
    readonly TestKey _reader = new();

    public void Dispose()
    {
        _source.Dispose();
        _other.Dispose();
        _reader.Dispose();
    }

    [Fact]
    public async Task Logout_LastSessionOfTheKey_TellsTheSourcesThatItHadTicketsFor()
    {
        await using var directory = await TestDirectory.StartAsync();
        var (first, second) = (await _reader.LoginAsync(directory, "bob"), await _reader.LoginAsync(directory, "bob"));
        using var source = await SourceAsync(directory, _source, 5001, File);
        using var other = await SourceAsync(directory, _other, 5002);
        await LocateAsync(directory, first.Token);

        await directory.Client.LogoutAsync(new(), TestDirectory.With(first.Token));
        await AssertNothingAsync(source);
        await directory.Client.LogoutAsync(new(), TestDirectory.With(second.Token));

        Assert.Equal(_reader.Print, (await source.ReadAsync()).Revoke.PeerId);
        await AssertNothingAsync(other);
        Assert.Equal(0, directory.Service<GivenTickets>().Count);
    }

    [Fact]
    public async Task Logout_TicketToSend_IsToldToTheReceiver()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await _reader.LoginAsync(directory, "bob");
        using var source = await SourceAsync(directory, _source, 5001);
        var renew = new RenewTicketRequest { PeerId = _source.Print, Root = Root, Length = 5, ForUpload = true };
        await directory.Client.RenewTicketAsync(renew, TestDirectory.With(login.Token));

        await directory.Client.LogoutAsync(new(), TestDirectory.With(login.Token));

        Assert.Equal(_reader.Print, (await source.ReadAsync()).Revoke.PeerId);
    }

    [Fact]
    public async Task Logout_MoreSourcesThanAreRemembered_TellsAll()
    {
        await using var directory = await TestDirectory.StartAsync();
        var login = await _reader.LoginAsync(directory, "bob");
        using var source = await SourceAsync(directory, _source, 5001);
        for (var i = 0; i < 300; i++)
        {
            directory.Service<GivenTickets>().Add(_reader.Print, $"peer {i}");
        }

        await directory.Client.LogoutAsync(new(), TestDirectory.With(login.Token));

        Assert.Equal(_reader.Print, (await source.ReadAsync()).Revoke.PeerId);
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("reset")]
    [InlineData("evict")]
    [InlineData("ban")]
    [InlineData("ban later")]
    public async Task Operator_EndsTheSessions_TellsTheSources(string act)
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = TestDirectory.With((await directory.Client.LoginAsync(
            new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = directory.OperatorCode }, TestDirectory.Anonymous)).Token);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        await directory.Operator.CreateAccountAsync(new() { User = "bob", Password = "per12345" }, boss);
        var login = await _reader.LoginAsync(directory, "bob", 5003);
        using var source = await SourceAsync(directory, _source, 5001, File);
        await LocateAsync(directory, login.Token);

        switch (act)
        {
            case "disable":
                await directory.Operator.UpdateAccountAsync(new() { User = "bob", Disabled = true }, boss);
                break;
            case "reset":
                await directory.Operator.ResetPasswordAsync(new() { User = "bob" }, boss);
                break;
            case "evict":
                await directory.Operator.EvictPeerAsync(new() { PeerId = _reader.Print }, boss);
                break;
            case "ban later":
                await directory.Client.LogoutAsync(new(), TestDirectory.With(login.Token));
                Assert.Equal(_reader.Print, (await source.ReadAsync()).Revoke.PeerId);
                goto default;
            default:
                await directory.Operator.BanPeerAsync(new() { PeerId = _reader.Print }, boss);
                break;
        }

        Assert.Equal(_reader.Print, (await source.ReadAsync()).Revoke.PeerId);
    }

    [Fact]
    public async Task Expiry_OfTheSession_EndsNoTransfer()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var directory = await TestDirectory.StartAsync(time: time, configure: options => options.Leases.QuietLeaseSeconds = 5);
        var login = await _reader.LoginAsync(directory, "bob");
        using var source = await SourceAsync(directory, _source, 5001, File);
        await LocateAsync(directory, login.Token);
        var session = directory.Service<SessionTable>().Find(Tokens.Hash(login.Token)).Session!;

        time.Advance(TimeSpan.FromSeconds(session.LeaseSeconds + 1));
        await directory.Service<SessionDesk>().ExpireAsync(session);

        Assert.Equal(0, directory.Service<GivenTickets>().Count);
        await AssertNothingAsync(source);
    }

    static async Task<TestLine> SourceAsync(TestDirectory directory, TestKey key, int port, params FileEntry[] files) =>
        await TestLine.OpenAsync(directory, (await key.LoginAsync(directory, "ana", port, files)).Token);

    static async Task LocateAsync(TestDirectory directory, string token)
    {
        var located = await directory.Client.LocateAsync(new LocateRequest { Root = Root }, TestDirectory.With(token));
        Assert.NotEmpty(Assert.Single(located.Sources).Ticket);
    }

    /// <summary>Commands come in order: what there is comes before the answer to a ping.</summary>
    static async Task AssertNothingAsync(TestLine line)
    {
        await line.SendAsync(new ControlRequest { Ping = new ControlPing() });
        Assert.NotNull((await line.ReadAsync()).Ping);
    }
}
