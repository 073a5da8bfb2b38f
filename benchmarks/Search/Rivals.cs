using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace P2P.Benchmarks.Search;

/// <summary>Something else that finds names, with the same names.</summary>
interface IRival : IDisposable
{
    string Name { get; }

    /// <summary>CPU of building the index.</summary>
    TimeSpan Build { get; }

    /// <summary>CPU of finding the first names that contain a text, in any order.</summary>
    TimeSpan Find(string text, int most);
}

/// <summary>An FTS5 trigram table of base names in memory.</summary>
sealed class Fts5 : IRival
{
    readonly SqliteConnection _connection = new("Data Source=:memory:");

    public Fts5(string[] paths)
    {
        _connection.Open();
        var before = ThreadClock.Now;
        Run("CREATE VIRTUAL TABLE names USING fts5(name, tokenize='trigram', detail='none')");
        using var transaction = _connection.BeginTransaction();
        using var insert = _connection.CreateCommand();
        insert.CommandText = "INSERT INTO names(name) VALUES ($name)";
        var name = insert.Parameters.Add("$name", SqliteType.Text);
        foreach (var path in paths)
        {
            name.Value = Corpus.BaseName(path);
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
        Build = ThreadClock.Now - before;
    }

    public string Name => "FTS5";

    public TimeSpan Build { get; }

    public TimeSpan Find(string text, int most)
    {
        var before = ThreadClock.Now;
        using var select = _connection.CreateCommand();
        // LIKE is answered from the trigrams, and works for texts of any length.
        select.CommandText = "SELECT name FROM names WHERE name LIKE $text LIMIT $most";
        select.Parameters.AddWithValue("$text", $"%{text}%");
        select.Parameters.AddWithValue("$most", most);
        using (var reader = select.ExecuteReader())
        {
            while (reader.Read())
            {
                _ = reader.GetString(0);
            }
        }

        return ThreadClock.Now - before;
    }

    public void Dispose() => _connection.Dispose();

    void Run(string statement)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}

/// <summary>plocate over the same paths; what the start of a process costs is taken off.</summary>
sealed class Plocate : IRival
{
    readonly string _database = Path.GetTempFileName();
    readonly TimeSpan _start;

    public Plocate(string[] paths)
    {
        var list = Path.GetTempFileName();
        File.WriteAllLines(list, paths);
        Build = Run("plocate-build", "-p", list, _database);
        File.Delete(list);
        Run("plocate", "--version");
        _start = TimeSpan.FromTicks(Enumerable.Range(0, 20).Sum(_ => Run("plocate", "--version").Ticks) / 20);
    }

    public string Name => "plocate";

    public TimeSpan Build { get; }

    public TimeSpan Find(string text, int most)
    {
        var spent = Run("plocate", "-d", _database, "-i", "-b", "-l", most.ToString(CultureInfo.InvariantCulture), text) - _start;
        return spent > TimeSpan.Zero ? spent : TimeSpan.Zero;
    }

    public void Dispose() => File.Delete(_database);

    static TimeSpan Run(string program, params string[] arguments)
    {
        var before = ChildClock.Now;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return ChildClock.Now - before;
    }
}
