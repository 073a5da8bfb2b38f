using System.Buffers;
using System.Text;

namespace P2P.Server.Search;

/// <summary>Folds folders, one after the other, into memory that it keeps.</summary>
sealed class FoldedFolder
{
    const byte Feed = (byte)'\n';

    byte[] _line = new byte[256];

    /// <summary>The folded folder between two line feeds; good until the next.</summary>
    public ReadOnlySpan<byte> Line(ReadOnlySpan<byte> folder)
    {
        if (_line.Length < folder.Length + 2)
        {
            _line = new byte[2 * (folder.Length + 2)];
        }

        _line[0] = Feed;
        if (Ascii.ToLower(folder, _line.AsSpan(1), out var length) != OperationStatus.Done)
        {
            return (byte[])[Feed, .. Fold.Utf8(Encoding.UTF8.GetString(folder)), Feed];
        }

        _line[length + 1] = Feed;
        return _line.AsSpan(0, length + 2);
    }
}
