using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Store;

namespace P2P.Server.Tests.Store;

public sealed class BatchRecordTests
{
    [Fact]
    public void Read_WhatWasWritten_IsTheSame() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var batch = Batch(new Random(seed));
        return BatchRecord.Read(BatchRecord.Write(batch)).Equals(batch);
    }).QuickCheckThrowOnFailure();

    /// <summary>As a message, or with its files in columns: what is written and read is the same.</summary>
    [Fact]
    public void Open_WhatWasWritten_IsTheSame() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var batch = Batch(new Random(seed));
        var expected = PublishedBatch.Of(batch);
        return Same(BatchRecord.Open(BatchRecord.Write(batch)), expected)
            && Same(BatchRecord.Open(BatchRecord.Write(expected)), expected)
            && Same(PublishedBatch.Of(BatchRecord.Read(BatchRecord.Write(expected))), expected);
    }).QuickCheckThrowOnFailure();

    static bool Same(PublishedBatch one, PublishedBatch other) =>
        one.Rest.Equals(other.Rest) && new SegmentEntries(one.Files).SequenceEqual(new SegmentEntries(other.Files));

    [Fact]
    public void Read_AnyByteChanged_IsDamage()
    {
        var record = BatchRecord.Write(Batch(new Random(1)));
        for (var i = 0; i < record.Length; i++)
        {
            var damaged = (byte[])record.Clone();
            damaged[i] ^= 0x40;
            // With another first byte it is a record of version 1, which had no checksum.
            Assert.True(i == 0 || Throws(damaged), $"byte {i}");
        }
    }

    [Fact]
    public void Open_AnyByteChangedOrCut_IsDamage()
    {
        var record = BatchRecord.Write(PublishedBatch.Of(Batch(new Random(1))));
        for (var i = 1; i < record.Length; i++)
        {
            var damaged = (byte[])record.Clone();
            damaged[i] ^= 0x40;
            Assert.Throws<InvalidDataException>(() => BatchRecord.Open(damaged));
            Assert.Throws<InvalidDataException>(() => BatchRecord.Open(record[..i]));
        }
    }

    [Fact]
    public void Read_CutAnywhere_IsDamage()
    {
        var record = BatchRecord.Write(Batch(new Random(2)));
        Assert.All(Enumerable.Range(1, record.Length - 1), length => Assert.True(Throws(record[..length]), $"length {length}"));
    }

    [Fact]
    public void Read_RecordOfVersionOne_IsTheMessage()
    {
        var batch = Batch(new Random(3));
        Assert.Equal(batch, BatchRecord.Read(batch.ToByteArray()));
        Assert.Equal(new PublishRequest(), BatchRecord.Read([]));
    }

    [Fact]
    public void Write_UsualFiles_TakeHalfOfTheMessage()
    {
        var batch = new PublishRequest();
        var random = new Random(4);
        for (var i = 0; i < 1000; i++)
        {
            var root = new byte[32];
            random.NextBytes(root);
            batch.Upserts.Add(new FileEntry { Path = $"music/artist{i / 100}/album{i / 10}/track {i}.flac", Size = random.Next(), Root = Convert.ToHexStringLower(root) });
        }

        Assert.InRange(BatchRecord.Write(batch).Length, 1, batch.CalculateSize() / 2);
    }

    static bool Throws(byte[] record)
    {
        try
        {
            BatchRecord.Read(record);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    static PublishRequest Batch(Random random)
    {
        var batch = new PublishRequest { CatalogId = Text(random), Sequence = random.Next(), Replace = random.Next(2) == 0 };
        for (var i = random.Next(8); i > 0; i--)
        {
            batch.Upserts.Add(File(random));
            batch.Removes.Add(Text(random));
            batch.Access.Add(new ShareAccess { Label = Text(random), Groups = { Text(random) } });
        }

        return batch;
    }

    static FileEntry File(Random random)
    {
        var file = new FileEntry { Path = Text(random), Executable = random.Next(2) == 0 };
        if (random.Next(4) > 0)
        {
            file.Size = random.NextInt64();
        }

        if (random.Next(4) > 0)
        {
            var root = new byte[32];
            random.NextBytes(root);
            file.Root = Convert.ToHexStringLower(root);
        }

        if (random.Next(4) > 0)
        {
            file.Time = new Timestamp { Seconds = random.NextInt64(-62135596800, 253402300799), Nanos = random.Next(1_000_000_000) };
        }

        return file;
    }

    static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => random.Next(4) switch { 0 => "a", 1 => "/", 2 => "ñ", _ => "\U0001F600" }));
}
