using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Hosting;
using P2P.Server.Store;

namespace P2P.Server.Tests.Calls;

/// <summary>A directory in this process, on a port of its own, over a store that outlives it: what a test calls as a client would.</summary>
sealed class TestDirectory : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly IDirectoryStore _store;
    readonly GrpcChannel _channel;
    readonly string? _ownFolder;

    TestDirectory(WebApplication app, IDirectoryStore store, string? ownFolder)
    {
        _app = app;
        _store = store;
        _ownFolder = ownFolder;
        Url = app.Urls.Single();
        _channel = GrpcChannel.ForAddress(Url);
        Client = new Contracts.DirectoryV1.Directory.DirectoryClient(_channel);
        Operator = new Operator.OperatorClient(_channel);
        Http = new HttpClient { BaseAddress = new Uri(Url) };
    }

    public string Url { get; }

    public Contracts.DirectoryV1.Directory.DirectoryClient Client { get; }

    public Operator.OperatorClient Operator { get; }

    public HttpClient Http { get; }

    public string? OperatorCode { get; private set; }

    /// <param name="access">Who may call.</param>
    /// <param name="folder">Where an earlier one kept its data; null for a new folder that goes with this one.</param>
    /// <param name="time">Fake time, if the test moves it.</param>
    /// <param name="configure">Changes options.</param>
    /// <param name="allowDeclared">In members access, peers need no key.</param>
    /// <param name="shared">A store that is not its own; it is closed with the directory.</param>
    /// <param name="loopbackOnly">False for one that dials as if it could be reached from other machines.</param>
    /// <param name="foreign">Networks whose addresses peers may name.</param>
    /// <param name="askForOperatorCode">As <c>--operator-code</c>.</param>
    /// <param name="url">Where it listens; over https, its own clients here trust no certificate of its own.</param>
    /// <param name="proxies">Whose forwarding headers count; in members access only.</param>
    public static async Task<TestDirectory> StartAsync(
        AccessMode access = AccessMode.Open, string? folder = null, TimeProvider? time = null, Action<StartOptions>? configure = null,
        bool allowDeclared = false, IDirectoryStore? shared = null, bool loopbackOnly = true, string[]? foreign = null,
        bool askForOperatorCode = false, string url = "http://127.0.0.1:0", string[]? proxies = null)
    {
        var own = folder is null ? System.IO.Directory.CreateTempSubdirectory("p2p-directory-").FullName : null;
        var store = shared ?? SqliteStore.Open(Path.Combine(folder ?? own!, "directory.db"), NullLogger<SqliteStore>.Instance);
        var builder = WebApplication.CreateBuilder(["--urls", url]);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        if (time is not null)
        {
            builder.Services.RemoveAll<TimeProvider>();
            builder.Services.AddSingleton(time);
        }

        var given = new GivenOptions(null, folder ?? own, access, false, allowDeclared, proxies ?? []) { Foreign = foreign ?? [] };
        var options = StartOptions.Read(given, builder.Configuration) with { LoopbackOnly = loopbackOnly };
        options.Passwords.Rounds = 1000;
        configure?.Invoke(options);
        var app = await DirectoryHost.BuildAsync(builder, options, store);
        await app.StartAsync();
        return new TestDirectory(app, store, own) { OperatorCode = await P2P.Server.Hosting.OperatorCode.NewAsync(app.Services, options.Access, askForOperatorCode) };
    }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public Task<LoginResponse> LoginAsync(string user, int port, string archivos = "") => Client.LoginAsync(
        new LoginRequest { User = user, Password = "per1234", Ip = "127.0.0.1", Url = "http://localhost", Port = port, Archivos = archivos },
        cancellationToken: TestContext.Current.CancellationToken).ResponseAsync;

    public static CallOptions Anonymous => new(cancellationToken: TestContext.Current.CancellationToken);

    public static CallOptions With(string token) =>
        new(new Metadata { { "authorization", "Bearer " + token } }, cancellationToken: TestContext.Current.CancellationToken);

    public async Task<IReadOnlyList<string>> SearchAsync(string text)
    {
        var found = await Client.SearchAsync(new SearchRequest { Archivo = text }, cancellationToken: TestContext.Current.CancellationToken);
        return [.. found.Hits.Select(hit => hit.Name)];
    }

    /// <summary>Expects a failure, and gives its status code with the reason of its ErrorInfo.</summary>
    public static async Task<(StatusCode Code, string Reason, Google.Rpc.Status Status)> FailureAsync<T>(AsyncUnaryCall<T> call) =>
        Failure(await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync));

    public static (StatusCode Code, string Reason, Google.Rpc.Status Status) Failure(RpcException failure)
    {
        var status = failure.GetRpcStatus() ?? new Google.Rpc.Status();
        return (failure.StatusCode, status.GetDetail<ErrorInfo>()?.Reason ?? "", status);
    }

    /// <summary>The fields of all violations, sorted.</summary>
    public static string Fields(Google.Rpc.Status status) =>
        string.Join(' ', status.GetDetail<BadRequest>().FieldViolations.Select(violation => violation.Field).Order(StringComparer.Ordinal));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        if (_ownFolder is not null)
        {
            System.IO.Directory.Delete(_ownFolder, recursive: true);
        }
    }
}
