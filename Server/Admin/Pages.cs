namespace P2P.Server.Admin;

/// <summary>Lists that come in pages.</summary>
static class Pages
{
    /// <summary>Entries asked for at once.</summary>
    public const int Size = 1000;

    /// <summary>All entries, page after page.</summary>
    /// <param name="readAsync">Reads the page that a token stands for, "" for the first; the token of the next one is "" after the last.</param>
    public static async Task<IReadOnlyList<T>> AllAsync<T>(Func<string, Task<(IEnumerable<T> Entries, string Next)>> readAsync)
    {
        var all = new List<T>();
        var token = "";
        do
        {
            (var entries, token) = await readAsync(token);
            all.AddRange(entries);
        }
        while (token.Length > 0);
        return all;
    }
}
