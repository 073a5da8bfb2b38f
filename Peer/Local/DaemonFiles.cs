using System.Security.Cryptography;
using System.Text;
using P2P.Content;

namespace P2P.Peers.Local;

/// <summary>The files of one daemon in its data folder, which only its owner may enter.</summary>
/// <param name="Folder">The data folder.</param>
sealed record DaemonFiles(string Folder)
{
    // A Unix socket's path has at most 108 bytes on Linux and 104 elsewhere, a final zero included.
    const int LongestSocketPath = 100;

    public string Key => Path.Combine(Folder, "peer.key");

    public string Certificate => Path.Combine(Folder, "peer.crt");

    public IdentityFiles Identity => new(Key, Certificate);

    public string Hashes => Path.Combine(Folder, "hashes.db");

    public string Lock => Path.Combine(Folder, "daemon.lock");

    public string Password => Path.Combine(Folder, "password");

    public string Inbox => Path.Combine(Folder, "inbox");

    /// <summary>Transfers under way.</summary>
    public string Transfers => Path.Combine(Folder, "transfers");

    /// <summary>What became of earlier ones.</summary>
    public string History => Path.Combine(Folder, "history.jsonl");

    /// <summary>The daemon's socket: in the data folder, or where that path is too long, in the runtime folder.</summary>
    public string Socket => SocketAt(Path.Combine(Folder, "daemon.sock"), "");

    /// <summary>A transfer's socket.</summary>
    public string TransferSocket(string id) => SocketAt(Path.Combine(Transfers, id + ".sock"), "-" + id);

    string SocketAt(string path, string mark)
    {
        if (Encoding.UTF8.GetByteCount(path) <= LongestSocketPath)
        {
            return path;
        }

        var print = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Folder)).AsSpan(0, 8));
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return Path.Combine(string.IsNullOrEmpty(runtime) ? Path.GetTempPath() : runtime, $"p2p-{Environment.UserName}-{print}{mark}.sock");
    }

    /// <summary>Makes the folder.</summary>
    public void Create()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Folder);
        }
        else
        {
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Takes the data folder for one daemon until disposal, or the end of the process; null if another has it.</summary>
    public FileStream? TryLock()
    {
        try
        {
            return new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(Lock))
        {
            return null;
        }
    }
}
