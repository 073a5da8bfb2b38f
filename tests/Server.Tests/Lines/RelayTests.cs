using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Lines;
using P2P.Server.Tests.Calls;
using P2P.Server.Tests.Dialing;

namespace P2P.Server.Tests.Lines;

public sealed class RelayTests
{
    static readonly string Token = new('a', 32);

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Relay_BothEndsMeet_BytesGoBothWaysUnchangedAndAreCounted()
    {
        await using var directory = await TestDirectory.StartAsync();
        var source = await directory.LoginAsync("ana", 5001);
        var downloader = await directory.LoginAsync("bea", 5002);
        using var line = await TestLine.OpenAsync(directory, source.Token);
        var (opener, invited) = await MeetAsync(directory, line, downloader.Token, source);
        Assert.Equal(source.PeerId, (await opener.ReadAsync()).Met.PeerId);
        Assert.Equal(downloader.PeerId, (await invited.ReadAsync()).Met.PeerId);

        var (there, back) = (Bytes(1_000_000, 1), Bytes(700_000, 2));
        var sending = Task.WhenAll(SendAsync(opener, there), SendAsync(invited, back));
        Assert.Equal(back, await opener.ReadAsync(back.Length));
        Assert.Equal(there, await invited.ReadAsync(there.Length));
        await sending;
        var stats = await directory.Client.StatsAsync(new StatsRequest(), TestDirectory.With(source.Token));
        Assert.Equal((1, 1_700_000), (stats.Relays, stats.RelayedBytes));

        await opener.CloseAsync();
        await invited.EndsAsync();
        await opener.EndsAsync();
        Assert.Equal(0, directory.Service<MeetingPlace>().Count);
    }

    [Fact]
    public async Task Relay_AnonymousInOpenAccess_IsCarried()
    {
        await using var directory = await TestDirectory.StartAsync();
        var source = await directory.LoginAsync("ana", 5001);
        using var line = await TestLine.OpenAsync(directory, source.Token);
        var (opener, invited) = await MeetAsync(directory, line, "", source);
        Assert.Equal(source.PeerId, (await opener.ReadAsync()).Met.PeerId);
        Assert.Equal("", (await invited.ReadAsync()).Met.PeerId);

        invited.Dispose();
        Assert.Equal((StatusCode.Unavailable, ""), await opener.FailsAsync());
    }

    [Fact]
    public async Task Open_WhatCannotBe_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync();
        var source = await directory.LoginAsync("ana", 5001);
        Assert.Equal((StatusCode.InvalidArgument, ""), await RefusalAsync(directory, new RelayOpen()));
        Assert.Equal((StatusCode.InvalidArgument, ""), await RefusalAsync(directory, new RelayOpen { Id = "a", PeerId = "b" }));
        Assert.Equal((StatusCode.InvalidArgument, ""), await RefusalAsync(directory, new RelayOpen { PeerId = "b", DialToken = "short" }));
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_PEER"), await RefusalAsync(directory, new RelayOpen { PeerId = "nobody" }));
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_PEER"), await RefusalAsync(directory, new RelayOpen { Id = Token }));
        Assert.Equal((StatusCode.Unavailable, "NO_CONTROL_LINE"), await RefusalAsync(directory, new RelayOpen { PeerId = source.PeerId }));
        using var data = new TestEnd(directory.Client.Relay(TestDirectory.Anonymous));
        await data.SendAsync(new byte[1]);
        Assert.Equal((StatusCode.InvalidArgument, ""), await data.FailsAsync());
    }

    [Fact]
    public async Task Come_ForeignPeerOrSecondEnd_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync();
        var source = await directory.LoginAsync("ana", 5001);
        var other = await directory.LoginAsync("bea", 5002);
        using var line = await TestLine.OpenAsync(directory, source.Token);
        using var opener = await TestEnd.OpenAsync(directory, "", new RelayOpen { PeerId = source.PeerId });
        var id = (await line.ReadAsync()).Relay.Id;
        await line.AnswerAsync(id, ok: true);

        Assert.Equal((StatusCode.PermissionDenied, "NOT_YOURS"), await RefusalAsync(directory, new RelayOpen { Id = id }));
        Assert.Equal((StatusCode.PermissionDenied, "NOT_YOURS"), await RefusalAsync(directory, new RelayOpen { Id = id }, other.Token));
        using var invited = await TestEnd.OpenAsync(directory, source.Token, new RelayOpen { Id = id });
        Assert.NotNull((await opener.ReadAsync()).Met);
        Assert.Equal((StatusCode.PermissionDenied, "NOT_YOURS"), await RefusalAsync(directory, new RelayOpen { Id = id }, source.Token));
    }

    [Fact]
    public async Task Reach_PeerSaysNoOrNeverComes_IsToldAndThePlaceIsFree()
    {
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time, configure: options => options.Lines.RelaysPerCaller = 1);
        var source = await directory.LoginAsync("ana", 5001);
        using var line = await TestLine.OpenAsync(directory, source.Token);
        using var refused = await TestEnd.OpenAsync(directory, "", new RelayOpen { PeerId = source.PeerId });
        await line.AnswerAsync((await line.ReadAsync()).Relay.Id, ok: false, "No.");
        Assert.Equal((StatusCode.Unavailable, "NO_LIVE_SOURCE"), await refused.FailsAsync());

        using var waiting = await TestEnd.OpenAsync(directory, "", new RelayOpen { PeerId = source.PeerId });
        var id = (await line.ReadAsync()).Relay.Id;
        Assert.Equal((StatusCode.ResourceExhausted, "RELAY_BUSY"), await RefusalAsync(directory, new RelayOpen { PeerId = source.PeerId }));
        await line.AnswerAsync(id, ok: true);
        Assert.Equal((StatusCode.Unavailable, "NO_LIVE_SOURCE"), await FailsInTimeAsync(waiting, time));
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_PEER"), await RefusalAsync(directory, new RelayOpen { Id = id }, source.Token));
        Assert.Equal(0, directory.Service<MeetingPlace>().Count);
    }

    [Fact]
    public async Task Relay_NothingPasses_IsEnded()
    {
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time);
        var source = await directory.LoginAsync("ana", 5001);
        using var line = await TestLine.OpenAsync(directory, source.Token);
        var (opener, invited) = await MeetAsync(directory, line, "", source);
        await opener.ReadAsync();
        await invited.ReadAsync();
        // Empty messages are no sign of life.
        await opener.SendAsync(ReadOnlyMemory<byte>.Empty);
        Assert.Equal((StatusCode.DeadlineExceeded, ""), await FailsInTimeAsync(opener, time));
    }

    /// <summary>The other end reads nothing: what the directory and the network hold is little, and the sender is held up.</summary>
    [Fact]
    public async Task Relay_ReceiverStalls_HoldsTheSenderUpAndIsEnded()
    {
        const int Most = 64 * 1024 * 1024;
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time, configure: options => options.Lines.RelayBytesPerSecond = 0);
        var source = await directory.LoginAsync("ana", 5001);
        using var line = await TestLine.OpenAsync(directory, source.Token);
        var (opener, invited) = await MeetAsync(directory, line, "", source);
        Assert.NotNull((await opener.ReadAsync()).Met);
        var sending = SendAsync(opener, new byte[Most]);
        var place = directory.Service<MeetingPlace>();
        for (var (steady, seen) = (0, 0L); steady < 200; steady = place.Bytes > 0 && place.Bytes == seen ? steady + 1 : 0, seen = place.Bytes)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, None);
        }

        Assert.False(sending.IsCompleted);
        Assert.InRange(place.Bytes, 1, Most / 4);
        Assert.Equal((StatusCode.DeadlineExceeded, ""), await FailsInTimeAsync(opener, time));
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }

    [Fact]
    public async Task Reach_WithDialToken_AsksThePeerToDialFirst()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var listener = new CountingListener();
        var source = await directory.LoginAsync("ana", 5001);
        var downloader = await directory.LoginAsync("bea", listener.Port);
        using var line = await TestLine.OpenAsync(directory, source.Token);
        var open = new RelayOpen { PeerId = source.PeerId, DialToken = Token };
        using var dialled = await TestEnd.OpenAsync(directory, downloader.Token, open);
        var dial = (await line.ReadAsync()).Dial;
        Assert.Equal(($"127.0.0.1:{listener.Port}", downloader.PeerId, Token), (dial.Address, dial.PeerId, dial.Token));
        await line.AnswerAsync(dial.Id, ok: true);
        Assert.NotNull((await dialled.ReadAsync()).Dialled);
        await dialled.EndsAsync();

        using var relayed = await TestEnd.OpenAsync(directory, downloader.Token, open);
        await line.AnswerAsync((await line.ReadAsync()).Dial.Id, ok: false);
        Assert.Equal(downloader.PeerId, (await line.ReadAsync()).Relay.PeerId);

        // Who cannot be dialled back is not dialled; who is no peer has no address.
        var closed = await directory.LoginAsync("cleo", 5003);
        using var behind = await TestEnd.OpenAsync(directory, closed.Token, open);
        Assert.Equal(closed.PeerId, (await line.ReadAsync()).Relay.PeerId);
        using var anonymous = await TestEnd.OpenAsync(directory, "", open);
        Assert.NotNull((await line.ReadAsync()).Relay);
    }

    [Fact]
    public async Task Reach_ACommandBesideItsPeer_IsDialledAtThatPeer()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var listener = new CountingListener();
        using var key = new TestKey();
        using var other = new TestKey();
        var source = await directory.LoginAsync("ana", 5001);
        var daemon = await key.LoginAsync(directory, "bea", listener.Port);
        using var line = await TestLine.OpenAsync(directory, source.Token);
        var open = new RelayOpen { PeerId = source.PeerId, DialToken = Token };

        using var command = await TestEnd.OpenAsync(directory, (await key.LoginAsync(directory, "bea")).Token, open);
        var dial = (await line.ReadAsync()).Dial;
        Assert.Equal(($"127.0.0.1:{listener.Port}", daemon.PeerId, Token), (dial.Address, dial.PeerId, dial.Token));
        await line.AnswerAsync(dial.Id, ok: true);
        Assert.NotNull((await command.ReadAsync()).Dialled);

        // A reader of the same account with another key has no peer beside it.
        using var elsewhere = await TestEnd.OpenAsync(directory, (await other.LoginAsync(directory, "bea")).Token, open);
        Assert.NotNull((await line.ReadAsync()).Relay);
    }

    [Fact]
    public void Take_MoreThanTheRate_WaitsForTheDebtBeyondASecond()
    {
        var time = new FakeTimeProvider();
        var rate = new RateLimit(1000, time);
        Assert.Equal(TimeSpan.Zero, rate.Take(1000));
        Assert.Equal(TimeSpan.FromSeconds(0.5), rate.Take(500));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(0.5), rate.Take(1000));
        Assert.Equal(TimeSpan.Zero, new RateLimit(0, time).Take(int.MaxValue));
    }

    static async Task<(TestEnd Opener, TestEnd Invited)> MeetAsync(TestDirectory directory, TestLine line, string token, LoginResponse source)
    {
        var opener = await TestEnd.OpenAsync(directory, token, new RelayOpen { PeerId = source.PeerId });
        var id = (await line.ReadAsync()).Relay.Id;
        await line.AnswerAsync(id, ok: true);
        return (opener, await TestEnd.OpenAsync(directory, source.Token, new RelayOpen { Id = id }));
    }

    static async Task SendAsync(TestEnd end, byte[] bytes)
    {
        foreach (var part in bytes.Chunk(50_000))
        {
            await end.SendAsync(part);
        }
    }

    static async Task<(StatusCode Code, string Reason)> FailsInTimeAsync(TestEnd end, FakeTimeProvider time)
    {
        var failure = end.FailsAsync();
        while (!failure.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, None);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        return await failure;
    }

    static async Task<(StatusCode Code, string Reason)> RefusalAsync(TestDirectory directory, RelayOpen open, string token = "")
    {
        using var end = await TestEnd.OpenAsync(directory, token, open);
        return await end.FailsAsync();
    }

    static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
