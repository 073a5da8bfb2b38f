using System.Net;
using System.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Settings;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Peers.CommandLine;

/// <summary>A command's calls to the directory: anonymous, or as a reader where a user is given.</summary>
sealed class DirectoryConnection : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    readonly GrpcChannel _channel;
    readonly bool _loggedIn;

    DirectoryConnection(GrpcChannel channel, CallInvoker calls, Uri address, TimeProvider time, bool loggedIn)
    {
        _channel = channel;
        Time = time;
        _loggedIn = loggedIn;
        Address = address;
        Client = new DirectoryClient(calls);
    }

    public Uri Address { get; }

    public DirectoryClient Client { get; }

    public TimeProvider Time { get; }

    /// <summary>What may be dialled on this directory's word: this machine only if the directory is on it too.</summary>
    public DialPolicy DialPolicy => new(AllowLoopback: Address.IsLoopback);

    /// <summary>Logs in if a user is given, and asks for the password on a terminal.</summary>
    public static async Task<DirectoryConnection> OpenAsync(CommandRun run, CancellationToken cancellation)
    {
        PeerSettings settings = run.Settings;
        GrpcChannel channel = GrpcChannel.ForAddress(settings.Directory);
        try
        {
            CallInvoker calls = channel.CreateCallInvoker();
            if (settings.User is null)
                return new DirectoryConnection(channel, calls, settings.Directory, run.Host.Time, loggedIn: false);
            string token = await LoginAsync(new DirectoryClient(calls), run, cancellation);
            CallInvoker authorized = calls.Intercept(headers =>
            {
                headers.Add("authorization", "Bearer " + token);
                return headers;
            });
            return new DirectoryConnection(channel, authorized, settings.Directory, run.Host.Time, loggedIn: true);
        }
        catch (Exception)
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>Options of one call that must be answered soon.</summary>
    public CallOptions Soon(CancellationToken cancellation) =>
        new(deadline: Time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellation);

    /// <summary>Ends the reader's session; a directory that is away forgets it by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_loggedIn)
        {
            try
            {
                await Client.LogoutAsync(new LogoutRequest(), deadline: Time.GetUtcNow().UtcDateTime + Goodbye);
            }
            catch (RpcException e) when (e.StatusCode != StatusCode.Internal)
            {
                // The lease ends the session.
            }
        }

        _channel.Dispose();
    }

    static async Task<string> LoginAsync(DirectoryClient client, CommandRun run, CancellationToken cancellation)
    {
        LoginRequest request = new()
        {
            User = run.Settings.User,
            Password = run.Settings.Password ?? PasswordPrompt.Ask(run.Host, run.Settings.User!),
            Reader = true,
            Name = Dns.GetHostName(),
            Client = new ClientInfo { Name = "peer", Version = Version },
        };
        LoginResponse response = await client.LoginAsync(
            request, deadline: run.Host.Time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellation);
        return response.Token;
    }

    static string Version =>
        typeof(DirectoryConnection).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
