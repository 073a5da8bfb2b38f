using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Peers.Serving;
using P2P.Peers.Session;

namespace P2P.Peers.Tests.Serving;

/// <summary>TRUST.md §2, Tokens and tickets: bound, short, redeemed once; then a grant until ten idle minutes or revocation.</summary>
public sealed class TicketGateTests : IDisposable
{
    static readonly string Ana = new('a', KeyPrint.Length);
    static readonly string Ben = new('b', KeyPrint.Length);

    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 8, 0, 0, TimeSpan.Zero));
    readonly Gates _gates;

    public TicketGateTests() => _gates = new Gates(_time, new GrantOptions { Most = 6, MostOfOne = 4 });

    public void Dispose() => _gates.Dispose();

    [Fact]
    public async Task Admit_TicketOnce_OpensAGrantThatLivesWhileItIsUsed()
    {
        var ticket = _gates.Ticket(Ana, Use(1));

        Assert.True(await AdmittedAsync(Ana, ticket, Use(1)));
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(9));
            Assert.True(await AdmittedAsync(Ana, "", Use(1)));
        }

        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.False(await AdmittedAsync(Ana, "", Use(1)));
        Assert.False(await AdmittedAsync(Ana, ticket, Use(1)));
        Assert.Equal(0, _gates.Grants.Count);
    }

    [Fact]
    public async Task Admit_GrantOfAnother_CountsForNobodyElseAndNothingElse()
    {
        var ticket = _gates.Ticket(Ana, Use(1));
        Assert.True(await AdmittedAsync(Ana, ticket, Use(1)));

        Assert.False(await AdmittedAsync(Ben, ticket, Use(1)));
        Assert.False(await AdmittedAsync(Ana, ticket, Use(2)));
        Assert.False(await AdmittedAsync(Ana, ticket, Use(1) with { ForUpload = true }));
        Assert.False(await AdmittedAsync(null, ticket, Use(1)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Admit_TicketOfTheOtherDirection_IsRefused(bool forUpload)
    {
        var use = Use(1) with { ForUpload = forUpload };

        Assert.False(await AdmittedAsync(Ana, _gates.Ticket(Ana, use), use with { ForUpload = !forUpload }));
        Assert.True(await AdmittedAsync(Ana, _gates.Ticket(Ana, use), use));
    }

    [Fact]
    public async Task Admit_FirstRequestsAtOnceWithOneTicket_AllGetIn()
    {
        var ticket = _gates.Ticket(Ana, Use(1));

        var admitted = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => AdmittedAsync(Ana, ticket, Use(1)))));

        Assert.DoesNotContain(false, admitted);
        _gates.Grants.Revoke(Ana);
        Assert.False(await AdmittedAsync(Ana, ticket, Use(1)));
    }

    [Fact]
    public async Task Revoke_OneDownloader_EndsItsGrantsOnly()
    {
        await AdmittedAsync(Ana, _gates.Ticket(Ana, Use(1)), Use(1));
        await AdmittedAsync(Ana, _gates.Ticket(Ana, Use(2)), Use(2));
        await AdmittedAsync(Ben, _gates.Ticket(Ben, Use(1)), Use(1));

        _gates.Grants.Revoke(Ana);

        Assert.False(_gates.Gate.Holds(new Caller(Ana), Use(1)));
        Assert.False(_gates.Gate.Holds(new Caller(Ana), Use(2)));
        Assert.True(_gates.Gate.Holds(new Caller(Ben), Use(1)));
        Assert.True(await AdmittedAsync(Ana, _gates.Ticket(Ana, Use(1)), Use(1)));
    }

    [Fact]
    public async Task Admit_MoreThanThereIsRoomFor_DrivesOutTheLeastUsed()
    {
        await AdmittedAsync(Ben, _gates.Ticket(Ben, Use(0)), Use(0));
        for (var i = 1; i <= 5; i++)
        {
            await AdmittedAsync(Ana, _gates.Ticket(Ana, Use(i)), Use(i));
            _gates.Gate.Holds(new Caller(Ana), Use(1));
        }

        // Her own bound comes before the one of all: his grant, the oldest of all, is not driven out by her fifth.
        Assert.Equal([1, 3, 4, 5], Enumerable.Range(0, 6).Where(i => _gates.Gate.Holds(new Caller(Ana), Use(i))));
        Assert.True(_gates.Gate.Holds(new Caller(Ben), Use(0)));
        for (var i = 0; i < 20; i++)
        {
            var stranger = $"{i:x64}";
            await AdmittedAsync(stranger, _gates.Ticket(stranger, Use(1)), Use(1));
        }

        Assert.Equal(6, _gates.Grants.Count);
    }

    [Fact]
    public async Task Admit_KeyTurned_ReadsTheKeysAgainButNotForEveryForgery()
    {
        Assert.True(await AdmittedAsync(Ana, _gates.Ticket(Ana, Use(1)), Use(1)));
        Assert.Equal(1, _gates.Directory.KeysRead);
        using var forged = new Gates(_time);
        using var turned = new Gates(_time);
        for (var i = 0; i < 100; i++)
        {
            Assert.False(await AdmittedAsync(Ben, forged.Ticket(Ben, Use(1)), Use(1)));
        }

        _time.Advance(TicketAuthority.Pause);
        _gates.Directory.Keys = TicketKeySet.Of([turned.Key.Public, _gates.Key.Public]);

        Assert.True(await AdmittedAsync(Ben, turned.Ticket(Ben, Use(2)), Use(2)));
        Assert.Equal(2, _gates.Directory.KeysRead);
    }

    [Fact]
    public async Task Admit_DirectoryIsAway_TicketsAreVerifiedAllTheSame()
    {
        Assert.True(await AdmittedAsync(Ana, _gates.Ticket(Ana, Use(1)), Use(1)));
        _gates.Directory.Failure = new RpcException(new Status(StatusCode.Unavailable, "Away."));
        using var forged = new Gates(_time);

        Assert.True(await AdmittedAsync(Ben, _gates.Ticket(Ben, Use(1)), Use(1)));
        _time.Advance(TicketAuthority.Pause);
        Assert.False(await AdmittedAsync(Ben, forged.Ticket(Ben, Use(2)), Use(2)));
        Assert.True(await AdmittedAsync(Ana, _gates.Ticket(Ana, Use(2)), Use(2)));
    }

    static GrantedUse Use(int length) => new(new ContentId(length == 0 ? default : ContentRoot.Parse(new string('c', 64)), length), ForUpload: false);

    async Task<bool> AdmittedAsync(string? print, string ticket, GrantedUse use)
    {
        var refusal = await _gates.Gate.AdmitAsync(new Caller(print), ticket, use, DaemonFixture.Cancellation);
        Assert.True(refusal is null or { Code: (int)StatusCode.PermissionDenied });
        return refusal is null;
    }
}
