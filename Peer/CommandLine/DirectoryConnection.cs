using System.Net;
using System.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;
using P2P.Peers.Lines;
using P2P.Peers.Local;
using P2P.Peers.Session;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Peers.CommandLine;

/// <summary>
/// A command's calls to the directory: anonymous, or as a reader where a user is given. The reader proves the peer's key, so that it can
/// be given tickets.
/// </summary>
sealed class DirectoryConnection : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    readonly CommandRun _run;
    readonly GrpcChannel _channel;
    readonly OwnIdentity _identity;
    readonly SemaphoreSlim _loggingIn = new(1);
    (string User, string Password)? _credentials;
    string? _invitation;
    volatile string? _token;

    DirectoryConnection(CommandRun run, GrpcChannel channel)
    {
        _run = run;
        _channel = channel;
        _invitation = run.Settings.Invitation;
        _identity = new OwnIdentity(new DaemonFiles(run.Settings.DataFolder), run.Host.Time);
        Client = new DirectoryClient(channel.CreateCallInvoker().Intercept(headers =>
        {
            if (_token is { } token)
                headers.Add("authorization", "Bearer " + token);
            return headers;
        }));
    }

    public Uri Address => _run.Settings.Directory;

    public DirectoryClient Client { get; }

    public TimeProvider Time => _run.Host.Time;

    /// <summary>This peer's identifier.</summary>
    public string Own => _identity.Value.Print;

    /// <summary>Logs in if a user is given, and asks for the password on a terminal.</summary>
    public static async Task<DirectoryConnection> OpenAsync(CommandRun run, CancellationToken cancellation)
    {
        DirectoryConnection connection = new(run, DirectoryChannel.Open(run.Settings, run.Output.Note, run.Host.Time));
        try
        {
            if (run.Settings.User is { } user)
                await connection.LoginAsync(user, run.Settings.Password ?? PasswordPrompt.Ask(run.Host, user), cancellation);
            return connection;
        }
        catch (Exception)
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Connections to peers, for as long as this one to the directory lives. What may be dialled on the directory's word: this machine
    /// only if the directory is on it too.
    /// </summary>
    /// <param name="daemon">Takes the connections of peers that dial out to this one; null for none.</param>
    public PeerChannels OpenChannels(LocalDaemon? daemon = null) => new(
        new DialPolicy(AllowLoopback: Address.IsLoopback),
        new DialSecurity(() => _identity.Value, RenewTicketAsync, _run.Settings.AllowPlaintext, Time) { RenewMany = RenewTicketsAsync },
        new PeerRoutes(new RelayDetour(() => Client.Relay(new CallOptions()), daemon is null ? null : new LocalDialIns(daemon.Client)).ReachAsync, Time));

    /// <summary>Options of one call that must be answered soon.</summary>
    public CallOptions Soon(CancellationToken cancellation) =>
        new(deadline: Time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellation);

    /// <summary>Ends the reader's session; a directory that is away forgets it by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_token is not null)
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
        _identity.Dispose();
        _loggingIn.Dispose();
    }

    async Task<TicketAnswer> RenewTicketAsync(SourcePeer peer, ContentId content, bool forUpload, CancellationToken cancellation)
    {
        RenewTicketRequest request = new()
        {
            PeerId = peer.PeerId,
            Root = content.Root.ToString(),
            Length = content.Length,
            ForUpload = forUpload,
        };
        try
        {
            RenewTicketResponse answer = await AsReaderAsync(() => Client.RenewTicketAsync(request, Soon(cancellation)).ResponseAsync, cancellation);
            return new TicketAnswer(answer.Ticket, null);
        }
        catch (RpcException error) when (!cancellation.IsCancellationRequested)
        {
            return TicketAnswer.Of(error);
        }
    }

    // What there is no ticket for here is asked for again by itself, which says why.
    async Task<IReadOnlyList<string>> RenewTicketsAsync(SourcePeer peer, IReadOnlyList<ContentId> contents, CancellationToken cancellation)
    {
        RenewTicketRequest request = new() { PeerId = peer.PeerId, Root = contents[0].Root.ToString(), Length = contents[0].Length };
        request.More.AddRange(contents.Skip(1).Select(more => new TicketContent { Root = more.Root.ToString(), Length = more.Length }));
        try
        {
            RenewTicketResponse answer = await AsReaderAsync(() => Client.RenewTicketAsync(request, Soon(cancellation)).ResponseAsync, cancellation);
            return [answer.Ticket, .. answer.MoreTickets];
        }
        catch (RpcException) when (!cancellation.IsCancellationRequested)
        {
            return [];
        }
    }

    // Anonymous callers get no tickets: in open access, who named no user is the owner of this data folder. And a session may have ended
    // during a long transfer.
    async Task<T> AsReaderAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        string? used = _token;
        if (used is null)
            await LoginAgainAsync(null, cancellation);
        try
        {
            return await call();
        }
        catch (RpcException error) when (CallFailure.Of(error).IsSessionUnknown && used is not null)
        {
            await LoginAgainAsync(used, cancellation);
            return await call();
        }
    }

    async Task LoginAgainAsync(string? used, CancellationToken cancellation)
    {
        await _loggingIn.WaitAsync(cancellation);
        try
        {
            if (_token != used)
                return;
            _credentials ??= OwnAccount.Of(new DaemonFiles(_run.Settings.DataFolder), _run.Settings.Password, Time);
            await LoginAsync(_credentials.Value.User, _credentials.Value.Password, cancellation);
        }
        finally
        {
            _loggingIn.Release();
        }
    }

    async Task LoginAsync(string user, string password, CancellationToken cancellation)
    {
        _credentials = (user, password);
        LoginRequest request = new()
        {
            User = user,
            Password = password,
            Reader = true,
            Name = Dns.GetHostName(),
            Client = new ClientInfo { Name = "peer", Version = Version },
            Proof = await ProveAsync(user, cancellation),
        };
        if (_invitation is { } code)
            request.Invitation = code;
        _token = (await Client.LoginAsync(request, Soon(cancellation))).Token;
        // It is used up.
        _invitation = null;
    }

    // Null where the directory has no Challenge: what needs a ticket will say so.
    async Task<KeyProof?> ProveAsync(string user, CancellationToken cancellation)
    {
        try
        {
            ChallengeResponse challenge = await Client.ChallengeAsync(new ChallengeRequest(), Soon(cancellation));
            return PeerProof.Of(_identity.Value, user, challenge.Nonce.ToByteArray());
        }
        catch (RpcException old) when (old.StatusCode == StatusCode.Unimplemented)
        {
            return null;
        }
    }

    static string Version =>
        typeof(DirectoryConnection).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
