using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using P2P.Commands;
using P2P.Contracts.DirectoryV1;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Server.Admin;

/// <summary>An operator's calls to a directory that is up. Its session ends with the command, unless it was there before.</summary>
sealed class OperatorConnection : IAsyncDisposable
{
    // A backup of a large store takes its time.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    readonly GrpcChannel _channel;
    readonly TimeProvider _time;
    string? _token;
    bool _isOwn;

    OperatorConnection(CommandRun run, string? token)
    {
        (_time, _token) = (run.Host.Time, token);
        _channel = DirectoryChannel.Open(run.Settings, run.Output.Note, _time);
        var calls = _channel.CreateCallInvoker().Intercept(headers =>
        {
            if (_token is { } token)
            {
                headers.Add("authorization", "Bearer " + token);
            }

            return headers;
        });
        Client = new Operator.OperatorClient(calls);
        Directory = new DirectoryClient(calls);
    }

    public Operator.OperatorClient Client { get; }

    public DirectoryClient Directory { get; }

    /// <summary>Opens a connection.</summary>
    /// <param name="token">Of a session that stays when the connection goes; null for nobody's yet.</param>
    public static OperatorConnection Open(CommandRun run, string? token = null) => new(run, token);

    /// <summary>Runs what a command does as whoever the command line, the environment or an earlier login says.</summary>
    public static async Task<int> UseAsync(CommandRun run, Func<OperatorConnection, Task> action, CancellationToken cancellation)
    {
        var credentials = Credentials.Choose(run.Settings, AdminOptions.Token(run), KeptLogins.Of(run.Host.Environment), run.Host.Interactive);
        await using var connection = new OperatorConnection(run, credentials switch
        {
            Credentials.ByToken given => given.Token,
            Credentials.ByKept kept => kept.Login.Token,
            _ => null,
        });
        if (credentials is Credentials.ByPassword(var user, var password))
        {
            await connection.LoginAsync(user, password ?? PasswordPrompt.Ask(run.Host, user), invitation: null, cancellation);
        }

        try
        {
            await action(connection);
            return ExitCodes.Ok;
        }
        catch (RpcException over) when (over.StatusCode == StatusCode.Unauthenticated && credentials is Credentials.ByKept)
        {
            throw new CommandException(
                ExitCodes.Refused, $"The login that was kept is over: {over.Status.Detail} Log in again by 'p2p-directory admin login'.", over);
        }
    }

    /// <summary>Logs in as one who shares nothing.</summary>
    /// <param name="invitation">A single-use code; null for an account that there is.</param>
    public async Task<LoginResponse> LoginAsync(string user, string password, string? invitation, CancellationToken cancellation)
    {
        var request = new LoginRequest
        {
            User = user,
            Password = password,
            Reader = true,
            Client = new ClientInfo { Name = $"{AdminProgram.Name} {AdminProgram.Word}", Version = Hosting.ProgramVersion.Text },
        };
        if (invitation is not null)
        {
            request.Invitation = invitation;
        }

        var login = await Directory.LoginAsync(request, Soon(cancellation));
        (_token, _isOwn) = (login.Token, true);
        return login;
    }

    /// <summary>Its session is not to end with the connection.</summary>
    public void Leave() => _isOwn = false;

    /// <summary>Options of one call.</summary>
    public CallOptions Soon(CancellationToken cancellation) => new(deadline: _time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_isOwn)
        {
            try
            {
                await Directory.LogoutAsync(new LogoutRequest(), deadline: _time.GetUtcNow().UtcDateTime + Goodbye);
            }
            catch (RpcException away) when (away.StatusCode != StatusCode.Internal)
            {
                // The lease ends the session.
            }
        }

        _channel.Dispose();
    }
}
