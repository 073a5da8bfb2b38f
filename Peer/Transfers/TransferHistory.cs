using System.Text;
using System.Text.Json;
using P2P.Peers.Local;

namespace P2P.Peers.Transfers;

/// <summary>
/// What became of this data folder's transfers: a file of JSON lines that only its owner may read. When it is longer than a MiB it is
/// written anew with the newest half; a line that a kill has torn is passed over.
/// </summary>
sealed class TransferHistory(DaemonFiles files)
{
    /// <summary>Bytes of the file, beyond which the older half goes.</summary>
    internal const long MostBytes = 1024 * 1024;

    const int Tries = 50;

    static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(20);

    /// <summary>Adds one.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public async Task AddAsync(HistoryEntry entry, TimeProvider time)
    {
        files.Create();
        await using var file = await OpenAsync(time).ConfigureAwait(false);
        var line = JsonSerializer.SerializeToUtf8Bytes(entry, TransferJson.Default.HistoryEntry);
        if (file.Length + line.Length > MostBytes)
        {
            var newest = Newest(ReadAll(file), (MostBytes / 2) - line.Length);
            // In place: a kill here costs old entries, and a lock on another file would be needed to swap this one.
            file.SetLength(0);
            await file.WriteAsync(newest).ConfigureAwait(false);
        }

        file.Position = file.Length;
        await file.WriteAsync((byte[])[.. IsTorn(file) ? "\n"u8 : [], .. line, (byte)'\n']).ConfigureAwait(false);
    }

    /// <summary>All entries, oldest first.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<IReadOnlyList<HistoryEntry>> ReadAsync(TimeProvider time)
    {
        if (!File.Exists(files.History))
        {
            return [];
        }

        await using var file = await OpenAsync(time).ConfigureAwait(false);
        return [.. Encoding.UTF8.GetString(ReadAll(file)).Split('\n').Select(Parse).OfType<HistoryEntry>()];
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => File.Delete(files.History);

    static HistoryEntry? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, TransferJson.Default.HistoryEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Several commands may end in the same instant.
    async Task<FileStream> OpenAsync(TimeProvider time)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return new FileStream(files.History, TransferFolder.Private(FileMode.OpenOrCreate));
            }
            catch (IOException) when (tries < Tries && File.Exists(files.History))
            {
                await Task.Delay(TryAgain, time).ConfigureAwait(false);
            }
        }
    }

    static byte[] ReadAll(FileStream file)
    {
        // Whatever somebody put there, no more than this is looked at.
        var bytes = new byte[Math.Min(file.Length, 2 * MostBytes)];
        file.Position = file.Length - bytes.Length;
        file.ReadExactly(bytes);
        return bytes;
    }

    static byte[] Newest(byte[] lines, long most)
    {
        var from = (int)Math.Max(0, lines.Length - most);
        var start = from == 0 ? 0 : lines.AsSpan(from).IndexOf((byte)'\n') is >= 0 and var end ? from + end + 1 : lines.Length;
        return lines[start..];
    }

    static bool IsTorn(FileStream file)
    {
        if (file.Length == 0)
        {
            return false;
        }

        file.Position = file.Length - 1;
        return file.ReadByte() != '\n';
    }
}
