using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Validation;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Calls;
using P2P.Server.Catalogs;

namespace P2P.Server.Tests.Calls;

/// <summary>What is read into columns at once, against what the parser and the validators say.</summary>
public sealed class BatchMessageTests
{
    static readonly string[] Names = ["a", "b.txt", "Ñandú", "日本", new('x', 255), ".x", "..."];
    static readonly string[] BadPaths =
        ["", "/", "a/", "/a", "a//b", ".", "..", "a/..", "./a", "a\nb", "a\u007f", "a\u2028", "\uFFFD", new('y', 256), "d/" + new string('ñ', 128), string.Join('/', Enumerable.Repeat("long", 1000))];

    static readonly string[] BadRoots = ["", "0", new('A', 64), new('g', 64), new('1', 63), new('1', 65), new('0', 64)];

    [Fact]
    public void Read_GoodFiles_AreInColumns()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var message = Good(new Random(seed));
            var read = BatchMessage.Read(message.ToByteArray());
            Assert.NotNull(read);
            Assert.Empty(read.Upserts);
            AssertSame(message, PublishedBatch.Of(read));
            Assert.Equal(message.CalculateSize(), PublishedBatch.Of(read).Bytes);
        }
    }

    [Fact]
    public void Read_AnythingThatBreaksARule_IsLeftToTheParser()
    {
        var (taken, left) = (0, 0);
        for (var seed = 0; seed < 5000; seed++)
        {
            var random = new Random(seed);
            var message = Good(random);
            Spoil(message, random);
            _ = Check(message.ToByteArray()) ? taken++ : left++;
        }

        Assert.True(left > 1000 && taken > 1000, $"{taken} taken, {left} left");
    }

    [Fact]
    public void Read_AnyByteChanged_IsWhatTheParserReads()
    {
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var bytes = Good(random).ToByteArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(bytes[random.Next(bytes.Length)] + random.Next(-1, 2));
            }

            Check(random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public void Read_SoManyFiles_AreTakenOrNot(int files, bool isTaken)
    {
        var message = new PublishRequest { Sequence = 1, Upserts = { Enumerable.Range(0, files).Select(i => new FileEntry { Path = $"f{i:0000}" }) } };
        Assert.Equal(isTaken, BatchMessage.Read(message.ToByteArray()) is not null);
    }

    /// <summary>What the format allows and no writer does: it is read as the parser reads it, which is by the parser.</summary>
    [Fact]
    public void Read_FieldsTwiceOrOutOfOrder_AreLeftToTheParser()
    {
        var file = new FileEntry { Path = "a", Size = 1 }.ToByteArray();
        byte[][] odd = [[.. file, .. file], [.. file[3..], .. file[..3]], [.. file, 0x28, 0x02], [.. file, 0x30, 0x01], [.. file, 0x10, 0x80]];
        Assert.All(odd, entry => Assert.Null(BatchMessage.Read([0x22, (byte)entry.Length, .. entry])));
        Assert.NotNull(BatchMessage.Read([0x22, (byte)file.Length, .. file]));
    }

    /// <returns>Whether it was read here.</returns>
    static bool Check(byte[] bytes)
    {
        PublishRequest? read;
        try
        {
            read = BatchMessage.Read(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            Assert.Throws<InvalidProtocolBufferException>(() => PublishRequest.Parser.ParseFrom(bytes));
            return false;
        }

        if (read is null)
        {
            return false;
        }

        var message = PublishRequest.Parser.ParseFrom(bytes);
        var violations = new ViolationSink();
        FieldRulesValidator.Check(message, violations);
        new PublishRules().Validate(message, violations);
        Assert.DoesNotContain(violations.Take(), violation => violation.Field.StartsWith("upserts", StringComparison.Ordinal));
        AssertSame(message, PublishedBatch.Of(read));
        return true;
    }

    static void AssertSame(PublishRequest message, PublishedBatch batch)
    {
        Assert.Equal(message.Upserts.Select(Known), new SegmentEntries(batch.Files));
        var rest = message.Clone();
        rest.Upserts.Clear();
        Assert.Equal(rest, batch.Rest);
    }

    /// <summary>A file without what the contract does not know of.</summary>
    static FileEntry Known(FileEntry file) => FileFacts.Of(file).ToEntry(file.Path);

    static PublishRequest Good(Random random)
    {
        var paths = Enumerable.Range(0, random.Next(1, 12))
            .Select(_ => string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Names[random.Next(Names.Length)])))
            .Distinct().Order(Utf8Order.Instance);
        var message = new PublishRequest { Upserts = { paths.Select(path => File(path, random)) } };
        if (random.Next(2) == 0)
        {
            message.Sequence = random.Next();
            message.CatalogId = "ñ";
            message.Removes.Add("gone");
            message.Access.Add(new ShareAccess { Label = "a", Groups = { "g" } });
        }

        return message;
    }

    static FileEntry File(string path, Random random)
    {
        var file = new FileEntry { Path = path, Executable = random.Next(4) == 0 };
        if (random.Next(4) > 0)
        {
            file.Size = random.Next(4) switch { 0 => 1L << 49, 1 => random.NextInt64(1, 1L << 49), _ => random.Next(1, 1000) };
            if (random.Next(8) > 0)
            {
                file.Root = Catalogs.Peers.Root(random.Next(1, int.MaxValue));
            }
        }

        if (random.Next(2) == 0)
        {
            file.Time = new Timestamp { Seconds = random.NextInt64(-62_135_596_800, 253_402_300_800), Nanos = random.Next(1_000_000_000) };
        }

        return file;
    }

    static void Spoil(PublishRequest message, Random random)
    {
        var file = message.Upserts[random.Next(message.Upserts.Count)];
        switch (random.Next(9))
        {
            case 0:
                file.Path = BadPaths[random.Next(BadPaths.Length)];
                break;
            case 1:
                file.Path += "/" + BadPaths[random.Next(BadPaths.Length)];
                break;
            case 2:
                file.Root = BadRoots[random.Next(BadRoots.Length)];
                break;
            case 3:
                file.Size = random.Next(3) switch { 0 => -1, 1 => (1L << 50) + 1, _ => 0 };
                break;
            case 4:
                file.Time = new Timestamp { Seconds = random.Next(2) == 0 ? 253_402_300_800 : -62_135_596_801, Nanos = 1 };
                break;
            case 5:
                file.Time = new Timestamp { Nanos = random.Next(2) == 0 ? -1 : 1_000_000_000 };
                break;
            case 6:
                message.Upserts.Add(message.Upserts[random.Next(message.Upserts.Count)].Clone());
                break;
            case 7:
                break;
            default:
                message.Sequence = -random.Next();
                message.Removes.Add("");
                break;
        }
    }
}
