using System.Net;
using System.Net.Sockets;
using Npgsql;
using P2P.Toolbox;

namespace P2P.Server.Tests.Store.Postgres;

/// <summary>A real PostgreSQL server of a test's own, on loopback. It refuses to run as root, so then it runs as its own user.</summary>
sealed class PostgresServer : IAsyncDisposable
{
    const string Install = "apt-get install postgresql";
    const string Versions = "/usr/lib/postgresql";
    const string User = "postgres";

    readonly string _folder;
    ForeignProcess? _process;

    PostgresServer(string folder, int port)
    {
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    /// <summary>The server's process, which is the parent of all its others.</summary>
    public int ProcessId => _process!.Id;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A new, empty server.</summary>
    public static async Task<PostgresServer> StartAsync(params string[] settings)
    {
        var folder = (await RunAsync("mktemp", "-d", "-t", "p2p-postgres-XXXXXX")).Trim();
        await RunAsync(Program("initdb"), "-D", Path.Combine(folder, "data"), "-U", User, "-A", "trust", "-E", "UTF8", "--no-sync");
        var server = new PostgresServer(folder, FreePort());
        await server.RestartAsync(settings);
        return server;
    }

    /// <summary>A copy of this server, which follows it and can be promoted.</summary>
    public async Task<PostgresServer> StandbyAsync(string name)
    {
        var folder = (await RunAsync("mktemp", "-d", "-t", "p2p-postgres-XXXXXX")).Trim();
        await RunAsync(
            Program("pg_basebackup"), "-D", Path.Combine(folder, "data"), "-R", "-c", "fast", "-X", "stream",
            "-d", $"host=127.0.0.1 port={Port} user={User} application_name={name}");
        var standby = new PostgresServer(folder, FreePort());
        await standby.RestartAsync([]);
        return standby;
    }

    /// <summary>Starts the server on its data, after a kill or for the first time.</summary>
    public async Task RestartAsync(string[] settings)
    {
        string[] arguments =
        [
            Program("postgres"), "-D", Path.Combine(_folder, "data"), "-p", $"{Port}", "-k", _folder, "-c", "listen_addresses=127.0.0.1",
            "-c", "fsync=off", "-c", "max_connections=200", .. settings.SelectMany(setting => new[] { "-c", setting }),
        ];
        var (program, before) = AsUser();
        _process = ForeignProcess.Start(program, [.. before, .. arguments], workingDirectory: "/");
        await WaitAsync();
    }

    public async Task PromoteAsync() => await RunAsync(Program("pg_ctl"), "promote", "-D", Path.Combine(_folder, "data"), "-w");

    /// <summary>SIGKILL to the server and all its processes.</summary>
    public async Task KillAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
    }

    /// <summary>A connection string for a new database.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = "t" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(ConnectionString(User));
        await connection.OpenAsync(Stop);
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync(Stop);
        return ConnectionString(name);
    }

    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Username={User};Database={database};Pooling=true;Maximum Pool Size=20";

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    async Task WaitAsync()
    {
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString(User) + ";Pooling=false;Timeout=2");
                await connection.OpenAsync(Stop);
                return;
            }
            catch (NpgsqlException)
            {
                // Not ready yet.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Stop);
            }
        }
    }

    static string Program(string name) => ForeignTool.ProgramBelow(Versions, name, Install);

    static (string Program, string[] Before) AsUser() => Environment.UserName == "root"
        ? (ForeignTool.Program("setpriv", "apt-get install util-linux"), ["--reuid", User, "--regid", User, "--clear-groups"])
        : ("/usr/bin/env", []);

    static async Task<string> RunAsync(params string[] command)
    {
        var (program, before) = AsUser();
        await using var process = ForeignProcess.Start(
            program, [.. before, .. command], new Dictionary<string, string> { ["LC_ALL"] = "C.UTF-8" }, workingDirectory: "/");
        var (exitCode, output, errors) = await process.CompleteAsync(Stop);
        Assert.True(exitCode == 0, $"{string.Join(' ', command)}: {output}{errors}");
        return output;
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
