using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Lines;
using P2P.Server.Sessions;
using P2P.Server.Store.Postgres;
using P2P.Server.Tests.Calls;
using P2P.Server.Tests.Lines;
using P2P.Server.Tickets;

namespace P2P.Server.Tests.Store.Postgres;

/// <summary>One directory gave the ticket, another holds the source's line, and the session ends at either: the source is told.</summary>
[Collection(nameof(SharedPostgres))]
public sealed class NodesRevocationTests(SharedPostgres postgres) : IAsyncLifetime
{
    static readonly FileEntry File = new() { Path = "lab/a.bin", Root = string.Concat(Enumerable.Repeat("ab", 32)), Size = 5 };

    readonly TestKey _source = new();
    readonly TestKey _other = new();
    readonly TestKey _reader = new();
    TestDirectory _gives = null!;
    TestDirectory _holds = null!;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.Server.NewDatabaseAsync();
        (_gives, _holds) = (await StartAsync(database), await StartAsync(database));
    }

    public async ValueTask DisposeAsync()
    {
        await _gives.DisposeAsync();
        await _holds.DisposeAsync();
        _source.Dispose();
        _other.Dispose();
        _reader.Dispose();
    }

    [Theory]
    [InlineData(true, "logout")]
    [InlineData(false, "logout")]
    [InlineData(true, "forget")]
    [InlineData(false, "forget")]
    [InlineData(true, "all")]
    public async Task End_TicketOfOneAndLineAtTheOther_TellsTheSource(bool endsWhereTheTicketWasGiven, string act)
    {
        var (reader, line, other) = await MeetAsync();
        using (line)
        using (other)
        {
            for (var i = 0; i < (act == "all" ? 300 : 0); i++)
            {
                _gives.Service<GivenTickets>().Add(_reader.Print, $"peer {i}");
            }

            var ends = endsWhereTheTicketWasGiven ? _gives : _holds;
            if (act == "forget")
            {
                await ends.Service<SessionDesk>().ForgetAsync(ends.Service<SessionTable>().Find(Tokens.Hash(reader)).Session!);
            }
            else
            {
                await ends.Client.LogoutAsync(new(), TestDirectory.With(reader));
            }

            Assert.Equal(_reader.Print, (await line.ReadAsync()).Revoke.PeerId);
            if (act == "all")
            {
                Assert.Equal(_reader.Print, (await other.ReadAsync()).Revoke.PeerId);
            }

            // Who had no part in it is told nothing.
            await other.SendAsync(new ControlRequest { Ping = new ControlPing() });
            Assert.NotNull((await other.ReadAsync()).Ping);
        }
    }

    [Fact]
    public async Task End_LeaseOfTheSessionRunsOut_EndsNoTransfer()
    {
        var (reader, line, other) = await MeetAsync();
        using (line)
        using (other)
        {
            var session = _holds.Service<SessionTable>().Find(Tokens.Hash(reader)).Session!;
            _holds.Service<LeaseBook>().Start(session, -1);
            await _holds.Service<SessionDesk>().ExpireAsync(session);
            await Wait.UntilAsync(() => _gives.Service<SessionTable>().Find(Tokens.Hash(reader)).Session is null);
            Assert.Equal(0, _gives.Service<GivenTickets>().Count);

            // What is told after it comes first.
            var second = await _reader.LoginAsync(_gives, "bob");
            await LocateAsync(second.Token);
            await line.SendAsync(new ControlRequest { Ping = new ControlPing() });
            Assert.NotNull((await line.ReadAsync()).Ping);
        }
    }

    /// <summary>A relay through one directory ends with a session that is ended at another.</summary>
    [Fact]
    public async Task End_RelayThroughAnotherDirectory_IsOver()
    {
        var (reader, line, other) = await MeetAsync();
        using (line)
        using (other)
        {
            using var opener = await TestEnd.OpenAsync(_holds, reader, new RelayOpen { PeerId = _source.Print });
            Assert.NotNull((await line.ReadAsync()).Relay);
            await _gives.Client.LogoutAsync(new(), TestDirectory.With(reader));
            Assert.Equal((StatusCode.Unauthenticated, "LOGGED_OUT"), await opener.FailsAsync());
        }
    }

    /// <summary>A reader with a ticket of the one for a source with its line at the other, and another line there.</summary>
    async Task<(string Reader, TestLine Line, TestLine Other)> MeetAsync()
    {
        var source = (await _source.LoginAsync(_holds, "ana", 5001, File)).Token;
        var other = (await _other.LoginAsync(_holds, "ana", 5002)).Token;
        var reader = (await _reader.LoginAsync(_gives, "bob")).Token;
        await Wait.UntilAsync(() => _holds.Service<SessionTable>().Find(Tokens.Hash(reader)).Session is not null);
        await LocateAsync(reader);
        return (reader, await TestLine.OpenAsync(_holds, source), await TestLine.OpenAsync(_holds, other));
    }

    async Task LocateAsync(string token)
    {
        await Wait.UntilAsync(() => _gives.Service<CatalogIndex>().Find(_source.Print) is not null);
        var located = await _gives.Client.LocateAsync(new LocateRequest { Root = File.Root }, TestDirectory.With(token));
        Assert.NotEmpty(Assert.Single(located.Sources).Ticket);
        Assert.Equal(0, _gives.Service<LineRegistry>().Count);
    }

    static async Task<TestDirectory> StartAsync(string database) => await TestDirectory.StartAsync(
        shared: await PostgresStore.OpenAsync(database, TimeProvider.System, NullLogger.Instance));
}
