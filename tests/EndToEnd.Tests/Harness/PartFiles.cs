using System.Buffers.Binary;
using P2P.Content;

namespace P2P.EndToEnd.Tests.Harness;

/// <summary>Reads the journal of an interrupted download byte by byte, as its format is documented, and compares it with the original.</summary>
static class PartFiles
{
    const int HeaderSize = 96;
    const int RecordSize = 40;

    /// <summary>Copies what a kill left, and asserts that every piece the journal names is in the part file as in the original.</summary>
    /// <param name="known">Pieces that were compared before; those compared now are added.</param>
    public static async Task AssertJournalIsTrueAsync(string folder, string original, string copyFolder, HashSet<int> known, CancellationToken stop)
    {
        Directory.CreateDirectory(copyFolder);
        var journal = Path.Combine(copyFolder, "journal");
        File.Copy(Directory.GetFiles(folder, "*.journal").Single(), journal, overwrite: true);
        var records = await File.ReadAllBytesAsync(journal, stop);
        var geometry = new PieceGeometry(new FileInfo(original).Length);
        using var expected = File.OpenRead(original);
        using var actual = File.OpenRead(Directory.GetFiles(folder, "*.part").Single());
        var pieces = (records.Length - HeaderSize) / RecordSize;
        for (var record = 0; record < pieces; record++)
        {
            var piece = BinaryPrimitives.ReadInt32LittleEndian(records.AsSpan(HeaderSize + (record * RecordSize)));
            if (!known.Add(piece))
            {
                continue;
            }

            var wanted = await ReadPieceAsync(expected, geometry, piece, stop);
            var found = await ReadPieceAsync(actual, geometry, piece, stop);
            Assert.True(wanted.AsSpan().SequenceEqual(found), $"The journal names piece {piece}, which is not what it should be");
        }
    }

    static async Task<byte[]> ReadPieceAsync(FileStream file, PieceGeometry geometry, long piece, CancellationToken stop)
    {
        var bytes = new byte[geometry.LengthOf(piece)];
        file.Position = geometry.OffsetOf(piece);
        await file.ReadExactlyAsync(bytes, stop);
        return bytes;
    }
}
