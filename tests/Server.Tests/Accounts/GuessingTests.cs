using System.Diagnostics;
using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Sessions;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Accounts;

/// <summary>Row "Credentials; A; stuffing" of the threat model.</summary>
public sealed class GuessingTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ana")]
    [InlineData("nobody")]
    public async Task Login_TwoHundredParallelGuesses_NoMoreAreCheckedThanTheLimit(string user)
    {
        await using var directory = await StartAsync(options => options.Passwords.Waiting = 1000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => ReasonAsync(directory, user, $"guess{i}")));

        Assert.Equal(["BAD_CREDENTIALS", "LOGIN_BUSY"], answers.Distinct().Order(StringComparer.Ordinal));
        Assert.InRange(answers.Count(answer => answer == "BAD_CREDENTIALS"), 1, 20);
        var busy = await TestDirectory.FailureAsync(directory.Client.LoginAsync(Guess(user, "one more"), TestDirectory.Anonymous));
        Assert.Equal((StatusCode.ResourceExhausted, "LOGIN_BUSY"), (busy.Code, busy.Reason));
        Assert.InRange(busy.Status.GetDetail<RetryInfo>().RetryDelay.Seconds, 1, 60);
    }

    [Fact]
    public async Task Login_MoreThanTheQueueAtOnce_AreToldToComeBackAndNotCounted()
    {
        await using var directory = await StartAsync(options => (options.Passwords.Rounds, options.Attempts.PerAccount, options.Attempts.PerAddress) = (50_000, 0, 0));
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => ReasonAsync(directory, "ana", "per12345")));

        Assert.Equal(["", "LOGIN_BUSY"], answers.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Begin_AfterAMinute_OrAfterSuccess_CountsAnew()
    {
        var time = new FakeTimeProvider();
        var counters = new AttemptCounters(new AttemptOptions { PerAccount = 2, PerAddress = 3 }, time);
        var (here, there) = (System.Net.IPAddress.Parse("2001:db8::1"), System.Net.IPAddress.Parse("2001:db8::2"));
        counters.Begin("ana", here).Succeed();
        counters.Begin("ana", here);
        counters.Begin("ana", here);
        Assert.Equal(ErrorReason.LoginBusy, Assert.Throws<RefusalException>(() => counters.Begin("ana", here)).Reason);
        // The refused one left no trace, and addresses of one network are one.
        counters.Begin("bob", there);
        Assert.Throws<RefusalException>(() => counters.Begin("eve", there));
        counters.Begin("eve", System.Net.IPAddress.Parse("2001:db8:0:1::1"));
        time.Advance(TimeSpan.FromMinutes(1));
        counters.Begin("ana", here);
    }

    [Fact]
    public async Task Login_KnownAndUnknownUsers_AnswerTheSame_TimesPrinted()
    {
        await using var directory = await StartAsync(options => (options.Passwords.Rounds, options.Attempts.PerAccount, options.Attempts.PerAddress) = (20_000, 0, 0));
        var (known, unknown) = (new List<double>(), new List<double>());
        for (var i = 0; i < 60; i++)
        {
            foreach (var (user, times) in new[] { ("ana", known), ($"nobody{i}", unknown) })
            {
                var started = Stopwatch.GetTimestamp();
                var refused = await TestDirectory.FailureAsync(directory.Client.LoginAsync(Guess(user, "wrong"), TestDirectory.Anonymous));
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                Assert.Equal(
                    (StatusCode.Unauthenticated, "BAD_CREDENTIALS", "Unknown user, wrong password or wrong proof."),
                    (refused.Code, refused.Reason, refused.Status.Message));
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"median known {Part(known, 0.5):F2} ms, unknown {Part(unknown, 0.5):F2} ms; p90 {Part(known, 0.9):F2}, {Part(unknown, 0.9):F2}"));
    }

    [Fact]
    public async Task Search_WhileManyGuess_GoesOn_TimesPrinted()
    {
        await using var directory = await StartAsync(options => (options.Passwords.Rounds, options.Attempts.PerAccount, options.Attempts.PerAddress) = (210_000, 0, 0));
        var token = TestDirectory.With((await directory.Client.LoginAsync(Guess("ana", "per12345"), TestDirectory.Anonymous)).Token);
        var quiet = await SearchAsync(directory, token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(None);
        var guessing = Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            while (!stop.IsCancellationRequested)
            {
                await ReasonAsync(directory, "ana", "wrong");
            }
        }));
        var busy = await SearchAsync(directory, token);
        await stop.CancelAsync();
        await guessing;

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Search p99 quiet {Part(quiet, 0.99):F2} ms, while guessing {Part(busy, 0.99):F2} ms"));
    }

    static async Task<List<double>> SearchAsync(TestDirectory directory, CallOptions token)
    {
        var times = new List<double>();
        for (var i = 0; i < 500; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await directory.Client.SearchAsync(new SearchRequest { Archivo = "a" }, token);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return times;
    }

    static double Part(List<double> times, double part) => times.Order().ElementAt((int)(times.Count * part));

    static LoginRequest Guess(string user, string password) => new() { User = user, Password = password, Reader = true };

    static async Task<TestDirectory> StartAsync(Action<Server.Hosting.StartOptions> configure)
    {
        var directory = await TestDirectory.StartAsync(AccessMode.Members, configure: configure);
        var code = new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = directory.OperatorCode };
        var boss = TestDirectory.With((await directory.Client.LoginAsync(code, TestDirectory.Anonymous)).Token);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        return directory;
    }

    static async Task<string> ReasonAsync(TestDirectory directory, string user, string password)
    {
        try
        {
            await directory.Client.LoginAsync(Guess(user, password), TestDirectory.Anonymous);
            return "";
        }
        catch (RpcException refused)
        {
            return TestDirectory.Failure(refused).Reason;
        }
    }
}
