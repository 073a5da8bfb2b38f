using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace P2P.Benchmarks.Search;

/// <summary>A table of base names with a pg_trgm index; the server is one that the caller started, and named in P2P_BENCH_POSTGRES.</summary>
sealed class Postgres : IRival
{
    const int TicksPerSecond = 100;

    readonly NpgsqlConnection _connection;
    readonly int _processId;

    public Postgres(string connection, string[] paths)
    {
        _connection = new NpgsqlConnection(connection);
        _connection.Open();
        _processId = (int)Run("SELECT pg_backend_pid()")!;
        var before = BackendClock();
        Run("CREATE EXTENSION IF NOT EXISTS pg_trgm");
        Run("SET max_parallel_maintenance_workers = 0");
        Run("SET max_parallel_workers_per_gather = 0");
        Run("CREATE TEMP TABLE names(name text)");
        using (var copy = _connection.BeginBinaryImport("COPY names FROM STDIN (FORMAT binary)"))
        {
            foreach (var path in paths)
            {
                copy.StartRow();
                copy.Write(Corpus.BaseName(path), NpgsqlDbType.Text);
            }

            copy.Complete();
        }

        Run("CREATE INDEX ON names USING gin (name gin_trgm_ops)");
        Run("ANALYZE names");
        Build = BackendClock() - before;
    }

    public string Name => "pg_trgm";

    public TimeSpan Build { get; }

    public TimeSpan Find(string text, int most)
    {
        var before = BackendClock();
        using var select = new NpgsqlCommand("SELECT name FROM names WHERE name ILIKE $1 LIMIT $2", _connection);
        select.Parameters.AddWithValue($"%{text}%");
        select.Parameters.AddWithValue(most);
        using (var reader = select.ExecuteReader())
        {
            while (reader.Read())
            {
                _ = reader.GetString(0);
            }
        }

        return BackendClock() - before;
    }

    public void Dispose() => _connection.Dispose();

    object? Run(string statement)
    {
        using var command = new NpgsqlCommand(statement, _connection) { CommandTimeout = 0 };
        return command.ExecuteScalar();
    }

    /// <summary>CPU of the connection's own process, to a hundredth of a second: right over many queries.</summary>
    TimeSpan BackendClock()
    {
        var fields = File.ReadAllText($"/proc/{_processId}/stat").Split(") ")[1].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / (double)TicksPerSecond);
    }
}
