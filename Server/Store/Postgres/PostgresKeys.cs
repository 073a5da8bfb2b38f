using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace P2P.Server.Store.Postgres;

/// <summary>The numbers of our advisory locks. Names get the upper half of the numbers, so that they never meet the fixed ones.</summary>
static class PostgresKeys
{
    const long Base = 0x7032_7000_0000;

    /// <summary>Held while the tables are made or changed.</summary>
    public const long Migration = Base;

    /// <summary>Held from the beginning of a commit to its end: what gives the log its one order.</summary>
    public const long Log = Base + 1;

    /// <summary>Channel on which a commit tells of itself.</summary>
    public const string Channel = "p2p_log";

    /// <summary>Held as long as a directory has that number.</summary>
    public static long Node(int node) => Base + 0x10000 + node;

    public static long Name(string name) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))) | long.MinValue;
}
