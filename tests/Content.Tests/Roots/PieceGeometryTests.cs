using FsCheck;
using FsCheck.Fluent;

namespace P2P.Content.Tests.Roots;

public sealed class PieceGeometryTests
{
    const long KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB, TiB = 1024 * GiB;

    static readonly Gen<PieceGeometry> Any =
        from high in Gen.Choose(0, 49)
        from low in Gen.Choose(0, int.MaxValue)
        select new PieceGeometry(Math.Min(TreeShape.MaxLength, (1L << high) + low % (1L << high)));

    [Theory]
    [InlineData(0, 64 * KiB, 0)]
    [InlineData(1, 64 * KiB, 1)]
    [InlineData(64 * KiB, 64 * KiB, 1)]
    [InlineData(64 * KiB + 1, 64 * KiB, 2)]
    [InlineData(128 * MiB, 64 * KiB, 2048)]
    [InlineData(128 * MiB + 1, 128 * KiB, 1025)]
    [InlineData(2 * GiB, 1 * MiB, 2048)]
    [InlineData(32 * GiB, 16 * MiB, 2048)]
    [InlineData(512 * TiB, 16 * MiB, 33554432)]
    public void Standard_Length_HasTheDocumentedPieces(long length, long pieceSize, long count)
    {
        PieceGeometry geometry = new(length);
        Assert.Equal(pieceSize, geometry.PieceSize);
        Assert.Equal(count, geometry.PieceCount);
    }

    [Fact]
    public void Pieces_OfAnyContent_TileIt() =>
        Prop.ForAll(Any.ToArbitrary(), g =>
        {
            long last = g.PieceCount - 1;
            return g.OffsetOf(0) == 0
                && g.OffsetOf(last) + g.LengthOf(last) == g.Length
                && g.LengthOf(last) is > 0 && g.LengthOf(last) <= g.PieceSize
                && g.PieceAt(g.Length - 1) == last
                && g.BytesOf(0, g.PieceCount) == (0, g.Length)
                && g.PiecesOf(0, g.Length) == (0, g.PieceCount)
                && g.Shape.NodesAt(g.PieceLevel) == g.PieceCount;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void PiecesOf_AnyRange_AreTheFewestThatCoverIt() =>
        Prop.ForAll(
            (from g in Any
             from a in Gen.Choose(0, int.MaxValue)
             from b in Gen.Choose(0, int.MaxValue)
             let offset = (long)(g.Length * (a / (double)int.MaxValue) / 2)
             select (g, offset, length: Math.Max(1, (long)((g.Length - offset) * (b / (double)int.MaxValue) / 2)))).ToArbitrary(),
            s =>
            {
                (long first, long end) = s.g.PiecesOf(s.offset, s.length);
                (long offset, long length) = s.g.BytesOf(first, end);
                return offset <= s.offset && s.offset - offset < s.g.PieceSize
                    && offset + length >= s.offset + s.length && offset + length - (s.offset + s.length) < s.g.PieceSize;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ranges_OutsideTheContent_Throw()
    {
        PieceGeometry geometry = new(100_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => geometry.PiecesOf(1, 100_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => geometry.PiecesOf(long.MaxValue, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => geometry.OffsetOf(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => geometry.LengthOf(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PieceGeometry(1, 3 * 16384));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PieceGeometry(TreeShape.MaxLength + 1));
        Assert.Equal((0, 0), geometry.PiecesOf(10, 0));
    }
}
