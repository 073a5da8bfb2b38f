using System.Security.Cryptography;
using System.Text.Json;
using P2P.Content;
using P2P.Peers.Local;

namespace P2P.Peers.Transfers;

/// <summary>
/// Where the transfers of one data folder are written down: a file each, which its process holds locked for as long as it lives. So a
/// transfer whose process was killed is told from one that runs.
/// </summary>
sealed class TransferFolder(DaemonFiles files)
{
    /// <summary>How many are kept of those whose process is gone; the oldest go first.</summary>
    public const int MostInterrupted = 100;

    const int IdBytes = 4;
    const int LongestRecord = 64 * 1024;

    /// <summary>One that nobody sees before <see cref="Hold"/>; its folder is there.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public TransferRecord New(string kind, string what, string target, DateTimeOffset now)
    {
        Create();
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        return new TransferRecord(id, kind, Cut(what), target, now, Environment.ProcessId, files.TransferSocket(id));
    }

    /// <summary>Writes one down, until the file is disposed of. Whoever reads it may ask its socket at once.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public FileStream Hold(TransferRecord record)
    {
        var held = new FileStream(PathOf(record.Id), Private(FileMode.CreateNew));
        try
        {
            JsonSerializer.Serialize(held, record, TransferJson.Default.TransferRecord);
            held.Flush();
            return held;
        }
        catch (Exception)
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>All that are written down, oldest first, and whether the process of each lives.</summary>
    public IReadOnlyList<(TransferRecord Record, bool IsLive)> List()
    {
        if (!Directory.Exists(files.Transfers))
        {
            return [];
        }

        var all = Directory.EnumerateFiles(files.Transfers, "*.json").Select(Read).OfType<(TransferRecord Record, bool IsLive)>().ToList();
        foreach (var (record, _) in all.Where(one => !one.IsLive).OrderByDescending(one => one.Record.Started).Skip(MostInterrupted))
        {
            Remove(record);
        }

        return [.. all.OrderBy(one => one.Record.Started)];
    }

    /// <summary>One of them; null if it is over.</summary>
    public (TransferRecord Record, bool IsLive)? Find(string id) => Read(PathOf(id));

    /// <summary>Forgets one whose process is gone, or is about to be.</summary>
    public void Remove(TransferRecord record)
    {
        File.Delete(PathOf(record.Id));
        File.Delete(record.Socket);
    }

    static (TransferRecord, bool)? Read(string path)
    {
        try
        {
            // Whoever runs holds a lock that a plain reading would wait for in vain.
            using var file = new FileStream(Disk.OpenBesideWriter(path), FileAccess.Read);
            return file.Length <= LongestRecord && JsonSerializer.Deserialize(file, TransferJson.Default.TransferRecord) is { } record
                ? (record, IsHeld(path))
                : null;
        }
        catch (Exception gone) when (gone is IOException or JsonException)
        {
            // It ended in this instant, or is being written down.
            return null;
        }
    }

    static bool IsHeld(string path)
    {
        try
        {
            using var free = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException) when (File.Exists(path))
        {
            return true;
        }
    }

    void Create()
    {
        files.Create();
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(files.Transfers);
        }
        else
        {
            Directory.CreateDirectory(files.Transfers, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    string PathOf(string id) => Path.Combine(files.Transfers, id + ".json");

    // What a stranger named need not be kept at any length.
    static string Cut(string what) => what.Length > 1000 ? what[..1000] + "…" : what;

    internal static FileStreamOptions Private(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
