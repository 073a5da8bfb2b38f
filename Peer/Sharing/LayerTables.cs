using Microsoft.Data.Sqlite;
using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>
/// The tables of <see cref="HashCache"/> that hold layers of trees: of the pieces, and of the blocks (1/512 of the content), so that a
/// proof of any hash costs no read of the file. Its owner guards it.
/// </summary>
/// <param name="command">Makes a command in the owner's transaction.</param>
sealed class LayerTables(Func<string, SqliteCommand> command)
{
    // 64 MiB of content: 128 KiB of hashes.
    const int BlocksPerPart = 4096;

    public void Store(FileHash hash)
    {
        using var pieces = Command("INSERT OR REPLACE INTO layer (root, length, hashes) VALUES ($root, $length, $hashes)", hash.Content);
        pieces.Parameters.AddWithValue("$hashes", hash.PieceLayer.ToArray());
        pieces.ExecuteNonQuery();

        using var blocks = Command(
            "INSERT OR REPLACE INTO block (root, length, part, hashes) VALUES ($root, $length, $part, $hashes)", hash.Content);
        var part = blocks.Parameters.AddWithValue("$part", 0L);
        var hashes = blocks.Parameters.AddWithValue("$hashes", Array.Empty<byte>());
        const int bytes = BlocksPerPart * ContentRoot.Size;
        for (var at = 0; at < hash.BlockLayer.Length; at += bytes)
        {
            part.Value = (long)at / bytes;
            hashes.Value = hash.BlockLayer.Slice(at, Math.Min(bytes, hash.BlockLayer.Length - at)).ToArray();
            blocks.ExecuteNonQuery();
        }
    }

    /// <summary>The layer of the pieces; null if it is not known.</summary>
    public byte[]? FindPieces(ContentId content)
    {
        using var find = Command("SELECT hashes FROM layer WHERE root = $root AND length = $length", content);
        return find.ExecuteScalar() as byte[];
    }

    /// <summary>Hashes of blocks from a first one to an end; null if they are not known.</summary>
    public byte[]? FindBlocks(ContentId content, long first, long end)
    {
        var found = new byte[(end - first) * ContentRoot.Size];
        using var find = Command(
            "SELECT substr(hashes, $start + 1, $bytes) FROM block WHERE root = $root AND length = $length AND part = $part", content);
        var part = find.Parameters.AddWithValue("$part", 0L);
        var from = find.Parameters.AddWithValue("$start", 0L);
        var bytes = find.Parameters.AddWithValue("$bytes", 0L);
        for (var at = first; at < end;)
        {
            part.Value = at / BlocksPerPart;
            var start = (int)(at % BlocksPerPart);
            var count = (int)Math.Min(end - at, BlocksPerPart - start);
            from.Value = (long)start * ContentRoot.Size;
            bytes.Value = (long)count * ContentRoot.Size;
            if (find.ExecuteScalar() is not byte[] hashes || hashes.Length < count * ContentRoot.Size)
            {
                return null;
            }

            hashes.CopyTo(found.AsSpan((int)(at - first) * ContentRoot.Size));
            at += count;
        }

        return found;
    }

    SqliteCommand Command(string sql, ContentId content)
    {
        var made = command(sql);
        made.Parameters.AddWithValue("$root", content.Root.ToArray());
        made.Parameters.AddWithValue("$length", content.Length);
        return made;
    }
}
