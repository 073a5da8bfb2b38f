namespace P2P.Content.Tests.Parts;

public sealed class PartFileTests : IDisposable
{
    const int Piece = PieceGeometry.MinPieceSize;

    readonly TemporaryFolder _folder = new();
    readonly byte[] _data = Samples.Bytes(4 * Piece + 20_000);
    readonly ContentId _content;

    public PartFileTests() => _content = Samples.ContentOf(_data);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Target => _folder.File("song.flac");

    PartNames Names => PartNames.For(Target, _content);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Finish_AllPieces_MakesTheFileAndLeavesNothingElse()
    {
        using (PartFile part = await Open())
        {
            WriteMissing(part);
            DateTimeOffset time = DateTimeOffset.UnixEpoch.AddDays(10_000);
            Assert.Equal(FinishResult.Done, await part.FinishAsync(new FinishOptions(time, Executable: true), 1, Cancel));
            Assert.Equal(time.UtcDateTime, File.GetLastWriteTimeUtc(Target));
        }

        Assert.Equal(_data, File.ReadAllBytes(Target));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Target).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal([Target], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Piece)]
    public async Task Finish_SmallContent_NeedsNoJournal(int length)
    {
        byte[] data = _data[..length];
        using PartFile part = await PartFile.OpenAsync(Target, Samples.ContentOf(data), null, Cancel);
        WriteMissing(part, data);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.journal"));
        Assert.Equal(FinishResult.Done, await part.FinishAsync(new FinishOptions(), 1, Cancel));
        Assert.Equal(data, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task Finish_NameTaken_KeepsBothAndCanGoOnLater()
    {
        _folder.Write("song.flac", [1]);
        using (PartFile part = await Open())
        {
            WriteMissing(part);
            Assert.Equal(FinishResult.NameTaken, await part.FinishAsync(new FinishOptions(), 1, Cancel));
        }

        Assert.Equal([1], File.ReadAllBytes(Target));
        File.Delete(Target);
        using PartFile again = await Open();
        Assert.Equal(5, again.Pieces);
        Assert.Equal(FinishResult.Done, await again.FinishAsync(new FinishOptions(), 1, Cancel));
    }

    [Fact]
    public async Task Finish_PiecesMissing_Throws()
    {
        using PartFile part = await Open();
        await Assert.ThrowsAsync<InvalidOperationException>(() => part.FinishAsync(new FinishOptions(), 1, Cancel));
    }

    [Fact]
    public async Task Finish_DamagedOnDisk_MissesThatPieceOnly()
    {
        await CommitAll();
        using (FileStream file = File.OpenWrite(Names.Part))
        {
            file.Position = 2 * Piece + 7;
            file.WriteByte((byte)(_data[2 * Piece + 7] ^ 1));
        }

        using PartFile part = await Open();
        Assert.Empty(Missing(part));
        Assert.Equal(FinishResult.Damaged, await part.FinishAsync(new FinishOptions(), 1, Cancel));
        Assert.Equal([2], Missing(part));
        Assert.False(File.Exists(Target));
        WriteMissing(part);
        Assert.Equal(FinishResult.Done, await part.FinishAsync(new FinishOptions(), 1, Cancel));
        Assert.Equal(_data, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task Finish_CommittedButWrong_StartsOver()
    {
        byte[] wrong = [.. _data];
        wrong[0] ^= 1;
        using PartFile part = await Open();
        WriteMissing(part, wrong);
        Assert.Equal(FinishResult.Damaged, await part.FinishAsync(new FinishOptions(), 1, Cancel));
        Assert.Equal(0, part.Pieces);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task Commit_BlockMissing_Throws()
    {
        using PartFile part = await Open();
        part.Write(0, _data.AsSpan(0, Piece - 16384));
        Assert.Throws<InvalidOperationException>(() => part.Commit(0, ContentRoot.Empty));
        Assert.Throws<InvalidOperationException>(() => part.Commit(1, ContentRoot.Empty));
    }

    [Theory]
    [InlineData(1, 16384)]
    [InlineData(0, 16383)]
    [InlineData(-16384, 16384)]
    [InlineData(5 * Piece, 16384)]
    public async Task Write_NotWholeBlocks_Throws(long offset, int length)
    {
        using PartFile part = await Open();
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Write(offset, new byte[length]));
    }

    [Fact]
    public async Task Read_CommittedPiecesOnly_AreServed()
    {
        using PartFile part = await Open();
        CommitPiece(part, _data, 1);
        byte[] bytes = new byte[1000];
        Assert.True(part.Read(Piece + 50, bytes));
        Assert.Equal(_data[(Piece + 50)..(Piece + 1050)], bytes);
        Assert.False(part.Read(2 * Piece - 500, bytes));
    }

    [Fact]
    public async Task Open_SecondTimeAtOnce_IsRefused()
    {
        using PartFile part = await Open();
        await Assert.ThrowsAsync<IOException>(Open);
    }

    [Fact]
    public async Task Open_JournalTruncatedAtEveryByte_HasTheWholeRecordsAndNoMore()
    {
        await CommitAll();
        byte[] journal = File.ReadAllBytes(Names.Journal);
        Assert.Equal(PieceJournal.HeaderSize + 5 * PieceJournal.RecordSize, journal.Length);
        for (int length = 0; length <= journal.Length; length++)
        {
            File.WriteAllBytes(Names.Journal, journal[..length]);
            using PartFile part = await Open();
            Assert.Equal(Math.Max(0, length - PieceJournal.HeaderSize) / PieceJournal.RecordSize, part.Pieces);
        }
    }

    [Fact]
    public async Task Open_JournalWithAnyByteChanged_ClaimsNothingFalse()
    {
        await CommitAll();
        byte[] journal = File.ReadAllBytes(Names.Journal);
        for (int at = 0; at < journal.Length; at++)
        {
            byte[] changed = [.. journal];
            changed[at] ^= 0x40;
            File.WriteAllBytes(Names.Journal, changed);
            using PartFile part = await Open();
            Assert.Equal(Math.Max(0, at - PieceJournal.HeaderSize) / PieceJournal.RecordSize, part.Pieces);
        }
    }

    [Fact]
    public async Task Open_TornTailThenMorePieces_AllAreFoundNextTime()
    {
        await CommitAll();
        byte[] journal = File.ReadAllBytes(Names.Journal);
        File.WriteAllBytes(Names.Journal, journal[..^3]);
        using (PartFile part = await Open())
        {
            Assert.Equal([4], Missing(part));
            WriteMissing(part);
        }

        using PartFile again = await Open();
        Assert.Equal(5, again.Pieces);
    }

    [Fact]
    public async Task Open_AnotherPartFileThanTheJournalKnew_HashesEveryPieceAgain()
    {
        await CommitAll();
        byte[] part = File.ReadAllBytes(Names.Part);
        part[Piece + 3] ^= 1;
        string copy = _folder.Write("copy", part);
        File.Move(copy, Names.Part, overwrite: true);
        using (PartFile opened = await Open())
            Assert.Equal([1], Missing(opened));
        // The journal was begun anew for this file, and is believed from now on.
        using PartFile again = await Open();
        Assert.Equal([1], Missing(again));
    }

    [Fact]
    public async Task Open_PartGoneOrShort_StartsOver()
    {
        await CommitAll();
        File.Delete(Names.Part);
        using (PartFile part = await Open())
            Assert.Equal(0, part.Pieces);
        Assert.False(File.Exists(Names.Journal));
    }

    [Fact]
    public async Task StopAtEveryStep_ThenAgain_NeverAWrongFileAndNoPieceLost()
    {
        for (int stopAt = 0, steps = int.MaxValue; stopAt < steps; stopAt++)
        {
            long committed = await RunUntil(stopAt);
            if (File.Exists(Target))
            {
                Assert.Equal(_data, File.ReadAllBytes(Target));
            }
            else
            {
                using PartFile part = await Open();
                Assert.Equal(committed, part.Pieces);
                WriteMissing(part);
                Assert.Equal(FinishResult.Done, await part.FinishAsync(new FinishOptions(), 1, Cancel));
                Assert.Equal(_data, File.ReadAllBytes(Target));
            }

            foreach (string file in Directory.GetFiles(_folder.Path))
                File.Delete(file);
            steps = _steps;
        }
    }

    int _steps = int.MaxValue;

    // Pieces committed when the world stopped at a step; sets how many steps there are once a run gets through.
    async Task<long> RunUntil(int stopAt)
    {
        int step = 0;
        using PartFile part = await Open();
        part.OnStep = _ =>
        {
            if (step++ == stopAt)
                throw new WorldStopped();
        };
        try
        {
            WriteMissing(part);
            await part.FinishAsync(new FinishOptions(), 1, Cancel);
            _steps = step;
        }
        catch (WorldStopped)
        {
            return part.Pieces;
        }

        return part.Pieces;
    }

    [Fact]
    public async Task Discard_Part_LeavesNothing()
    {
        using (PartFile part = await Open())
        {
            CommitPiece(part, _data, 0);
            part.Discard();
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void PartNames_LongestName_FitsAndDiffersByContentAndName()
    {
        PartNames a = PartNames.For("/x/" + new string('\u00e9', 127), _content);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(Path.GetFileName(a.Journal)), 1, 255);
        Assert.NotEqual(a.Part, PartNames.For("/x/" + new string('\u00e9', 126), _content).Part);
        Assert.NotEqual(a.Part, PartNames.For(a.Target, ContentId.Empty).Part);
    }

    Task<PartFile> Open() => PartFile.OpenAsync(Target, _content, null, Cancel);

    async Task CommitAll()
    {
        using PartFile part = await Open();
        WriteMissing(part);
    }

    void WriteMissing(PartFile part) => WriteMissing(part, _data);

    static void WriteMissing(PartFile part, byte[] data)
    {
        foreach (long piece in Missing(part).ToList())
            CommitPiece(part, data, piece);
    }

    static void CommitPiece(PartFile part, byte[] data, long piece)
    {
        Span<byte> bytes = data.AsSpan((int)part.Geometry.OffsetOf(piece), part.Geometry.LengthOf(piece));
        part.Write(part.Geometry.OffsetOf(piece), bytes);
        MerkleHasher hasher = new();
        hasher.Append(bytes);
        part.Commit(piece, hasher.Finish(part.Geometry.PieceLevel));
    }

    static IEnumerable<long> Missing(PartFile part)
    {
        for (long piece = 0; piece < part.Geometry.PieceCount; piece++)
        {
            if (!part.Has(piece))
                yield return piece;
        }
    }

    sealed class WorldStopped : Exception;
}
