using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Session;

namespace P2P.Peers.Tests.Session;

public sealed class SessionPolicyTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static readonly CallFailure Away = new(StatusCode.Unavailable, "", "connection refused");

    [Fact]
    public void Next_AtStart_LogsIn() => Assert.Equal(SessionAction.Login, SessionPolicy.Next(new SessionState(), Now, false).Action);

    [Fact]
    public void Next_Online_PublishesThenWaitsForTheHeartbeat()
    {
        var state = Online();

        Assert.Equal(SessionAction.Publish, SessionPolicy.Next(state, Now, isPublished: false).Action);
        Assert.Equal(new SessionStep(SessionAction.Wait, Now.AddSeconds(20)), SessionPolicy.Next(state, Now, isPublished: true));
        Assert.Equal(SessionAction.Heartbeat, SessionPolicy.Next(state, Now.AddSeconds(20), isPublished: false).Action);
    }

    [Theory]
    [InlineData("LOGGED_OUT")]
    [InlineData("REPLACED")]
    public void CallFailed_SentAway_StaysOut(string reason)
    {
        var state = SessionPolicy.CallFailed(Online(), new(StatusCode.Unauthenticated, reason, ""), Now, 0.5, isPublish: false);

        Assert.Equal(SessionAction.Stop, SessionPolicy.Next(state, Now.AddYears(1), false).Action);
        Assert.NotEmpty(state.Reason);
    }

    [Theory]
    [InlineData("SESSION_UNKNOWN")]
    [InlineData("")]
    public void CallFailed_SessionUnknown_LogsInAtOnce(string reason)
    {
        var state = SessionPolicy.CallFailed(Online(), new(StatusCode.Unauthenticated, reason, ""), Now, 0.5, isPublish: false);

        Assert.Equal(SessionAction.Login, SessionPolicy.Next(state, Now, false).Action);
    }

    [Fact]
    public void CallFailed_PublishBroke_AsksWhatTheDirectoryHas()
    {
        var state = SessionPolicy.CallFailed(Online(), Away, Now, 1, isPublish: true);

        Assert.Equal(new SessionStep(SessionAction.Wait, Now.AddSeconds(1)), SessionPolicy.Next(state, Now, false));
        Assert.Equal(SessionAction.Heartbeat, SessionPolicy.Next(state, Now.AddSeconds(1), false).Action);
    }

    [Fact]
    public void CallFailed_DirectoryAway_KeepsTheSessionAndBacksOff()
    {
        var (state, now, waits) = (Online(), Now, new List<double>());
        for (var i = 0; i < 8; i++)
        {
            state = SessionPolicy.CallFailed(state, Away, now, 1, isPublish: false);
            var step = SessionPolicy.Next(state, now, true);
            Assert.Equal(SessionAction.Wait, step.Action);
            waits.Add((step.Until - now).TotalSeconds);
            now = step.Until;
            Assert.Equal(SessionAction.Heartbeat, SessionPolicy.Next(state, now, true).Action);
        }

        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], waits);
        Assert.Equal("secret", state.Token);
    }

    [Fact]
    public void LoginFailed_RetryInfo_IsHonoured()
    {
        var busy = new CallFailure(StatusCode.ResourceExhausted, "LOGIN_BUSY", "", TimeSpan.FromSeconds(10));

        var state = SessionPolicy.LoginFailed(new SessionState(), busy, Now, 0.5);

        Assert.InRange(SessionPolicy.Next(state, Now, false).Until, Now.AddSeconds(10), Now.AddSeconds(11));
    }

    [Theory]
    [InlineData(StatusCode.Unauthenticated, "BAD_CREDENTIALS", true)]
    [InlineData(StatusCode.PermissionDenied, "REGISTRATION_OFF", true)]
    [InlineData(StatusCode.InvalidArgument, "", true)]
    [InlineData(StatusCode.AlreadyExists, "PEER_TAKEN", false)]
    [InlineData(StatusCode.Unavailable, "", false)]
    [InlineData(StatusCode.DeadlineExceeded, "", false)]
    public void LoginFailed_Reason_DecidesWhetherToStop(StatusCode code, string reason, bool stops)
    {
        var state = SessionPolicy.LoginFailed(new SessionState(), new(code, reason, "why"), Now, 0.5);

        Assert.Equal(stops, SessionPolicy.Next(state, Now.AddHours(1), false).Action == SessionAction.Stop);
        Assert.NotEmpty(state.Reason);
    }

    [Theory]
    [InlineData(1, 0.0, 0.05)]
    [InlineData(3, 0.5, 2)]
    [InlineData(100, 1.0, 30)]
    public void Delay_Failures_StayWithinBounds(int failures, double random, double expected) =>
        Assert.Equal(expected, Backoff.Delay(failures, random).TotalSeconds, 6);

    static SessionState Online() => SessionPolicy.LoggedIn(
        new SessionState(), new LoginResponse { Token = "secret", LeaseSeconds = 60, RenewAfterSeconds = 20 }, Now);
}
