using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Tests.Calls;
using P2P.Server.Tickets;

namespace P2P.Server.Tests.Tickets;

public sealed class TicketCallTests
{
    static readonly string Root = string.Concat(Enumerable.Repeat("ab", 32));
    static readonly FileEntry File = new() { Path = "lab/a.bin", Root = Root, Size = 5 };

    [Fact]
    public async Task Locate_ProvenReader_GetsATicketThatTheSourceAcceptsOnceAndNoOther()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var source = new TestKey();
        using var reader = new TestKey();
        await source.LoginAsync(directory, "ana", 5001, File);
        var login = await reader.LoginAsync(directory, "bob");
        Assert.True(login.Verified);

        var located = await directory.Client.LocateAsync(new LocateRequest { Root = Root }, TestDirectory.With(login.Token));

        var verifier = await VerifierAsync(directory, login.Time.ToDateTimeOffset());
        var ticket = Assert.Single(located.Sources).Ticket;
        var demand = new TicketDemand(source.Print, reader.Print, new ContentId(ContentRoot.Parse(Root), 5));
        Assert.Equal(TicketRefusal.OtherAudience, verifier.Redeem(ticket, demand with { Audience = reader.Print }));
        Assert.Equal(TicketRefusal.OtherSubject, verifier.Redeem(ticket, demand with { Subject = source.Print }));
        Assert.Equal(TicketRefusal.None, verifier.Redeem(ticket, demand));
        Assert.Equal(TicketRefusal.Replayed, verifier.Redeem(ticket, demand));
        var renewed = await directory.Client.RenewTicketAsync(
            new RenewTicketRequest { PeerId = source.Print, Root = Root, Length = 5 }, TestDirectory.With(login.Token));
        Assert.Equal((TicketRefusal.None, 60), (verifier.Redeem(renewed.Ticket, demand), renewed.ExpiresInSeconds));
    }

    [Fact]
    public async Task RenewTicket_MoreContents_GivesATicketForEachThatThePeerShares()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var source = new TestKey();
        using var reader = new TestKey();
        var second = new FileEntry { Path = "lab/b.bin", Root = new string('d', 64), Size = 7 };
        await source.LoginAsync(directory, "ana", 5001, File, second);
        var login = await reader.LoginAsync(directory, "bob");
        var absent = new TicketContent { Root = second.Root, Length = 8 };
        var renew = new RenewTicketRequest
        {
            PeerId = source.Print,
            Root = Root,
            Length = 5,
            More = { absent, new TicketContent { Root = second.Root, Length = 7 }, new TicketContent { Root = Root, Length = 5 } },
        };

        var answer = await directory.Client.RenewTicketAsync(renew, TestDirectory.With(login.Token));

        var verifier = await VerifierAsync(directory, login.Time.ToDateTimeOffset());
        var demand = new TicketDemand(source.Print, reader.Print, new ContentId(ContentRoot.Parse(Root), 5));
        var other = demand with { Content = new ContentId(ContentRoot.Parse(second.Root), 7) };
        Assert.Equal((3, ""), (answer.MoreTickets.Count, answer.MoreTickets[0]));
        Assert.Equal(TicketRefusal.OtherRoot, verifier.Redeem(answer.MoreTickets[1], demand));
        Assert.Equal(TicketRefusal.None, verifier.Redeem(answer.MoreTickets[1], other));
        Assert.Equal(TicketRefusal.None, verifier.Redeem(answer.MoreTickets[2], demand));
        Assert.Equal(TicketRefusal.None, verifier.Redeem(answer.Ticket, demand));
    }

    [Fact]
    public async Task RenewTicket_TooManyContents_OrToSendThem_IsInvalid()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var source = new TestKey();
        using var reader = new TestKey();
        await source.LoginAsync(directory, "ana", 5001, File);
        var login = await reader.LoginAsync(directory, "bob");
        var content = new TicketContent { Root = Root, Length = 5 };
        var renew = new RenewTicketRequest { PeerId = source.Print, Root = Root, Length = 5 };

        Assert.Equal(1023, (await AskAsync(1023, forUpload: false)).MoreTickets.Count);
        foreach (var (count, forUpload) in ((int, bool)[])[(1024, false), (1, true)])
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => AskAsync(count, forUpload));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        }

        Task<RenewTicketResponse> AskAsync(int count, bool forUpload) => directory.Client.RenewTicketAsync(
            new RenewTicketRequest(renew) { More = { Enumerable.Repeat(content, count) }, ForUpload = forUpload }, TestDirectory.With(login.Token)).ResponseAsync;
    }

    [Fact]
    public async Task RenewTicket_ToSend_IsForWhatTheReceiverNeedNotShareAndFetchesNothing()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var receiver = new TestKey();
        using var sender = new TestKey();
        await receiver.LoginAsync(directory, "ana", 5001, File);
        var login = await sender.LoginAsync(directory, "bob");
        var renew = new RenewTicketRequest { PeerId = receiver.Print, Root = new string('c', 64), Length = 7, ForUpload = true };

        var answer = await directory.Client.RenewTicketAsync(renew, TestDirectory.With(login.Token));

        var verifier = await VerifierAsync(directory, login.Time.ToDateTimeOffset());
        var demand = new TicketDemand(receiver.Print, sender.Print, new ContentId(ContentRoot.Parse(renew.Root), 7));
        Assert.Equal(TicketRefusal.OtherUse, verifier.Redeem(answer.Ticket, demand));
        Assert.Equal(TicketRefusal.OtherUser, verifier.Redeem(answer.Ticket, demand with { ForUpload = true, Users = new HashSet<string> { "ana" } }));
        Assert.Equal(TicketRefusal.None, verifier.Redeem(answer.Ticket, demand with { ForUpload = true, Users = new HashSet<string> { "bob" } }));
    }

    [Fact]
    public async Task RenewTicket_ToSend_IsRefusedToAReadersAccount()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = TestDirectory.With((await directory.Client.LoginAsync(
            new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = directory.OperatorCode }, TestDirectory.Anonymous)).Token);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        await directory.Operator.CreateAccountAsync(new() { User = "bob", Password = "per12345", Role = Role.Reader }, boss);
        using var receiver = new TestKey();
        using var sender = new TestKey();
        await receiver.LoginAsync(directory, "ana", 5001, File);
        var bob = TestDirectory.With((await sender.LoginAsync(directory, "bob")).Token);
        var renew = new RenewTicketRequest { PeerId = receiver.Print, Root = Root, Length = 5, ForUpload = true };

        var refused = await TestDirectory.FailureAsync(directory.Client.RenewTicketAsync(renew, bob));

        Assert.Equal((StatusCode.PermissionDenied, "ROLE_REQUIRED"), (refused.Code, refused.Reason));
        Assert.NotEmpty((await directory.Client.RenewTicketAsync(new RenewTicketRequest(renew) { ForUpload = false }, bob)).Ticket);
        await directory.Operator.UpdateAccountAsync(new() { User = "bob", Role = Role.Sharer }, boss);
        Assert.NotEmpty((await directory.Client.RenewTicketAsync(renew, bob)).Ticket);
    }

    [Fact]
    public async Task Locate_WithoutAProvenKey_GetsNoTicket()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var source = new TestKey();
        await source.LoginAsync(directory, "ana", 5001, File);
        var declared = await directory.LoginAsync("bob", 5002);

        foreach (var options in (CallOptions[])[TestDirectory.Anonymous, TestDirectory.With(declared.Token)])
        {
            var located = await directory.Client.LocateAsync(new LocateRequest { Root = Root }, options);
            Assert.Equal("", Assert.Single(located.Sources).Ticket);
        }

        var renew = new RenewTicketRequest { PeerId = source.Print, Root = Root, Length = 5 };
        var refused = await TestDirectory.FailureAsync(directory.Client.RenewTicketAsync(renew, TestDirectory.With(declared.Token)));
        Assert.Equal((StatusCode.PermissionDenied, "NOT_PROVEN"), (refused.Code, refused.Reason));
    }

    [Fact]
    public async Task RenewTicket_OfASessionThatLoggedOut_OrForWhatIsNotThere_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var source = new TestKey();
        using var reader = new TestKey();
        await source.LoginAsync(directory, "ana", 5001, File);
        var declared = await directory.Client.LoginAsync(
            new LoginRequest { User = "old", Password = "per12345", Port = 5009, Files = { File } }, TestDirectory.Anonymous);
        var login = await reader.LoginAsync(directory, "bob");
        var renew = new RenewTicketRequest { PeerId = source.Print, Root = Root, Length = 5 };

        Assert.Equal("NO_SUCH_PEER", await ReasonAsync(new RenewTicketRequest(renew) { PeerId = reader.Print }));
        Assert.Equal("NO_SUCH_CONTENT", await ReasonAsync(new RenewTicketRequest(renew) { Length = 6 }));
        Assert.Equal("NOT_PROVEN", await ReasonAsync(new RenewTicketRequest(renew) { PeerId = declared.PeerId }));
        await directory.Client.LogoutAsync(new LogoutRequest(), TestDirectory.With(login.Token));
        Assert.Equal("LOGGED_OUT", await ReasonAsync(renew));

        async Task<string> ReasonAsync(RenewTicketRequest request) =>
            (await TestDirectory.FailureAsync(directory.Client.RenewTicketAsync(request, TestDirectory.With(login.Token)))).Reason;
    }

    [Fact]
    public async Task Restart_ProvenReaderAndKeys_AreWhatTheyWere()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-tickets-");
        using var source = new TestKey();
        using var reader = new TestKey();
        LoginResponse login;
        string kid;
        await using (var first = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            await source.LoginAsync(first, "ana", 5001, File);
            login = await reader.LoginAsync(first, "bob");
            kid = (await first.Client.KeysAsync(new KeysRequest(), TestDirectory.Anonymous)).Keys.Single().Kid;
        }

        await using (var second = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            var located = await second.Client.LocateAsync(new LocateRequest { Root = Root }, TestDirectory.With(login.Token));
            Assert.NotEmpty(Assert.Single(located.Sources).Ticket);
            Assert.Equal(kid, (await second.Client.KeysAsync(new KeysRequest(), TestDirectory.Anonymous)).Keys.Single().Kid);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Keys_InMembersAccess_AreAWebKeySetForAnyone()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        foreach (var path in (string[])["/.well-known/jwks.json", "/v1/keys"])
        {
            using var json = JsonDocument.Parse(await directory.Http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));
            var key = json.RootElement.GetProperty("keys").EnumerateArray().Single();
            Assert.Equal(("EC", "P-256", "ES256", "sig"), (Text(key, "kty"), Text(key, "crv"), Text(key, "alg"), Text(key, "use")));
            Assert.False(key.TryGetProperty("d", out _));
        }

        static string? Text(JsonElement key, string name) => key.GetProperty(name).GetString();
    }

    [Fact(Timeout = 60_000)]
    public async Task Keys_AfterADay_TurnAndTheOldOneIsPublishedWhileItsTicketsLast()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var directory = await TestDirectory.StartAsync(time: time);
        var keys = directory.Service<TicketKeyring>();
        var first = keys.Published.Single().Kid;

        time.Advance(TimeSpan.FromHours(24));
        await keys.TurnAsync();
        Assert.Equal([keys.Current.Public.Kid, first], keys.Published.Select(key => key.Kid));
        Assert.NotEqual(first, keys.Current.Public.Kid);
        time.Advance(TimeSpan.FromSeconds(121));
        await keys.TurnAsync();
        Assert.Equal([keys.Current.Public.Kid], keys.Published.Select(key => key.Kid));
    }

    [Fact]
    public async Task Start_ClockBehindTheKeys_MakesNewOnesForOldTicketsMustNotBecomeYoung()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-tickets-");
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        string before;
        await using (var first = await TestDirectory.StartAsync(folder: folder.FullName, time: time))
        {
            before = first.Service<TicketKeyring>().Published.Single().Kid;
        }

        await using (var second = await TestDirectory.StartAsync(
            folder: folder.FullName, time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(55))))
        {
            Assert.NotEqual(before, second.Service<TicketKeyring>().Published.Single().Kid);
        }

        folder.Delete(recursive: true);
    }

    static async Task<TicketVerifier> VerifierAsync(TestDirectory directory, DateTimeOffset now)
    {
        var clock = new DirectoryClock(TimeProvider.System);
        clock.Observe(now);
        var published = await directory.Client.KeysAsync(new KeysRequest(), TestDirectory.Anonymous);
        return new TicketVerifier(clock) { Keys = TicketKeySet.Of(published.Keys) };
    }
}
