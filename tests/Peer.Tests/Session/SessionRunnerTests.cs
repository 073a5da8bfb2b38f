using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Peers.Session;
using P2P.Peers.Sharing;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Session;

public sealed class SessionRunnerTests : IDisposable
{
    readonly TemporaryFolder _temporary = new();
    readonly FakeTimeProvider _time = new();
    readonly FakeDirectory _directory = new();
    readonly CatalogState _catalog = new();
    readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    readonly NodeIdentity _identity;
    readonly TicketAuthority _authority;
    readonly SessionRunner _runner;

    public SessionRunnerTests()
    {
        _identity = NodeIdentity.Open(new IdentityFiles(_temporary.File("key"), _temporary.File("crt")), [], TimeProvider.System);
        var options = new LoginOptions { User = "ana", Password = "secret", Directory = new Uri("http://localhost:5000") };
        _authority = new TicketAuthority(_directory, _time, NullLogger.Instance);
        _runner = new SessionRunner(
            _directory, new SessionLogin(options, _identity, () => new Uri("http://localhost:5001")), _authority, _catalog, () => 3, _time, NullLogger<SessionRunner>.Instance);
        _catalog.Show(Files("s/a"));
    }

    public void Dispose()
    {
        _stop.Dispose();
        _authority.Dispose();
        _identity.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task Run_DirectoryThere_LogsInProvenAndPublishes()
    {
        var running = _runner.RunAsync(_stop.Token);

        await _directory.WaitForFilesAsync(_time, "s/a");

        Assert.Equal(5001, _directory.Logins[0].Port);
        Assert.NotNull(_directory.Logins[0].Proof);
        Assert.Equal(SessionPhase.Online, _runner.State.Phase);
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_CatalogChanges_PublishesTheDifference()
    {
        var running = _runner.RunAsync(_stop.Token);
        await _directory.WaitForFilesAsync(_time, "s/a");

        _catalog.Show(Files("s/b"));
        await _directory.WaitForFilesAsync(_time, "s/b");

        Assert.Equal([true, false], _directory.Batches.Select(batch => batch.Replace));
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_StoreDeleted_IsBackWithinOneLease()
    {
        var running = _runner.RunAsync(_stop.Token);
        await _directory.WaitForFilesAsync(_time, "s/a");
        var lost = _time.GetUtcNow();

        _directory.Forget();
        await _directory.WaitForFilesAsync(_time, "s/a");

        Assert.InRange(_time.GetUtcNow() - lost, TimeSpan.Zero, TimeSpan.FromSeconds(FakeDirectory.Lease));
        Assert.Equal(2, _directory.Logins.Count);
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_DirectoryAwayAtFirst_KeepsTrying()
    {
        _directory.Failure = new RpcException(new Status(StatusCode.Unavailable, "refused"));
        var running = _runner.RunAsync(_stop.Token);
        await Wait.UntilAsync(() => _directory.Calls > 3, _time);

        _directory.Failure = null;

        await _directory.WaitForFilesAsync(_time, "s/a");
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_WrongPassword_Stops()
    {
        _directory.Failure = FakeDirectory.Refusal(StatusCode.Unauthenticated, "BAD_CREDENTIALS");

        await _runner.RunAsync(_stop.Token);

        Assert.Equal("BAD_CREDENTIALS", _runner.State.StoppedBy?.Reason);
        Assert.Equal(1, _directory.Calls);
    }

    [Fact]
    public async Task Run_NoChallenge_LogsInDeclared()
    {
        _directory.HasChallenge = false;
        var running = _runner.RunAsync(_stop.Token);

        await _directory.WaitForFilesAsync(_time, "s/a");

        Assert.Null(_directory.Logins[0].Proof);
        await EndAsync(running);
    }

    [Fact]
    public async Task Logout_Online_TellsTheDirectory()
    {
        var running = _runner.RunAsync(_stop.Token);
        await _directory.WaitForFilesAsync(_time, "s/a");
        await EndAsync(running);

        Assert.True(await _runner.LogoutAsync(TestContext.Current.CancellationToken));

        Assert.Equal(1, _directory.Logouts);
        Assert.Equal(SessionPhase.Stopped, _runner.State.Phase);
    }

    async Task EndAsync(Task running)
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    static Dictionary<string, SharedFile> Files(params string[] paths) =>
        paths.ToDictionary(path => path, path => PublishedCatalogTests.File(path, 1));
}
