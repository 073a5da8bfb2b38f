using Npgsql;

namespace P2P.Server.Store.Postgres;

/// <summary>Connections to the server, or to whichever of several hosts is the primary now.</summary>
static class PostgresSource
{
    const int SecondsToConnect = 5;
    const int SecondsBetweenKeepalives = 5;
    const int SecondsAHostCountsAsGone = 1;

    /// <summary>So that a server notices soon when a directory is gone, and lets go of its locks.</summary>
    const string ServerOptions = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3";

    /// <param name="text">
    /// <c>Host=db1,db2;Username=…;Password=…;Database=…</c>. A password is better given by <c>Passfile</c> or <c>PGPASSWORD</c>.
    /// </param>
    /// <exception cref="StoreUnusableException">It cannot be understood.</exception>
    public static NpgsqlDataSource Open(string text)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(text) { ApplicationName = "p2p-directory" };
            settings.Options = settings.Options is { Length: > 0 } given ? $"{ServerOptions} {given}" : ServerOptions;
            settings.Timeout = Math.Min(settings.Timeout, SecondsToConnect);
            settings.KeepAlive = settings.KeepAlive > 0 ? settings.KeepAlive : SecondsBetweenKeepalives;
            settings.TargetSessionAttributes = null;
            if (settings.Host?.Contains(',') != true)
            {
                return new NpgsqlDataSourceBuilder(settings.ToString()).Build();
            }

            settings.HostRecheckSeconds = SecondsAHostCountsAsGone;
            return new NpgsqlDataSourceBuilder(settings.ToString()).BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            throw new StoreUnusableException("--store wants a PostgreSQL connection string such as Host=db;Username=p2p;Database=p2p.", exception);
        }
    }
}
