using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Grpc.Validation;

namespace Grpc.Tests.Validation;

public sealed class FieldRulesValidatorTests
{
    /// <summary>The smallest message without a violation.</summary>
    static Ruled Valid() => new() { Plain = "x", Wrapped = "" };

    static string[] Violations(Action<Ruled> change)
    {
        Ruled message = Valid();
        change(message);
        return [.. FieldRulesValidator.Violations(message).Select(violation => $"{violation.Field} {violation.Description}")];
    }

    [Fact]
    public void Violations_ValidMessage_NoneAndNothingAllocated()
    {
        Ruled message = Valid();
        message.Hex = "00ff";
        message.Tags.Add(["a", "b"]);
        message.Files.Add(Enumerable.Range(0, 1000).Select(i => new Entry { FileSize = i }));
        Assert.Empty(FieldRulesValidator.Violations(message));

        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = FieldRulesValidator.Violations(message).Count;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, count);
    }

    [Fact]
    public void Violations_SeveralWrong_AllAtOnceInFieldOrder() => Assert.Equal(
        ["plain must not be empty", "port must be at least 0 and at most 65535, is 70000", "colour must be a value of Colour, is 9"],
        Violations(m => (m.Plain, m.Port, m.Colour) = ("", 70000, (Colour)9)));

    [Theory]
    [InlineData("é", "nickName must be 2 to 5 characters, has 1")]
    [InlineData("", "nickName must not be empty")]
    [InlineData("\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600x", "nickName must be 2 to 5 characters, has 6")]
    [InlineData("\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600", null)]
    public void Violations_Length_CountsCodePoints(string value, string? expected) =>
        Assert.Equal(expected is null ? [] : [expected], Violations(m => m.NickName = value));

    [Theory]
    [InlineData("12345678", null)]
    [InlineData("éééé", null)]
    [InlineData("ééééx", "path must be at most 8 bytes of UTF-8, has 9")]
    public void Violations_Bytes_CountsUtf8(string value, string? expected) =>
        Assert.Equal(expected is null ? [] : [expected], Violations(m => m.Path = value));

    [Theory]
    [InlineData("12g4", "hex must match ^([0-9a-f]{4})?$, is \"12g4\"")]
    [InlineData("1234\n", "hex must match ^([0-9a-f]{4})?$, is \"1234\\u{a}\"")]
    public void Violations_Pattern_QuotesTheValueSafely(string value, string expected) =>
        Assert.Equal([expected], Violations(m => m.Hex = value));

    [Fact]
    public void Violations_LongValue_IsCut() =>
        Assert.Equal([$"hex must match ^([0-9a-f]{{4}})?$, is \"{new string('z', 64)}…\""], Violations(m => m.Hex = new string('z', 5000)));

    [Fact]
    public void Violations_Redacted_NeverQuotesTheValue() =>
        Assert.Equal(["password must match ^[!-~]+$"], Violations(m => m.Password = "my secret"));

    [Fact]
    public void Violations_Numbers_SayWhatIsAllowed() => Assert.Equal(
        ["kind must be one of \"\", \"a\", \"b\", is \"c\"", "size must be more than -1 and less than 100, is 100", "outside must be more than 10 or less than 5, is 7", "choice must be one of 1, 2, is 3"],
        Violations(m => (m.Kind, m.Size, m.Outside, m.Choice) = ("c", 100, 7, 3)));

    [Fact]
    public void Violations_BytesFields_CountBytes() => Assert.Equal(
        ["nonce must be at most 4 bytes, has 5", "key must be exactly 2 bytes, has 0"],
        Violations(m => (m.Nonce, m.Key) = (ByteString.CopyFrom(new byte[5]), ByteString.Empty)));

    [Fact]
    public void Violations_Lists_NameItemAndIndex() => Assert.Equal(
        ["tags must have at most 3 items, has 4", "tags must not have equal items, but item 2 occurs before", "tags[1] must not be empty", "colours[1] must be a value of Colour, is 5"],
        Violations(m =>
        {
            m.Tags.Add(["a", "", "a", "b"]);
            m.Colours.Add([Colour.Red, (Colour)5]);
        }));

    [Fact]
    public void Violations_LongListWithEqualItems_AreFound() => Assert.Contains(
        "tags must not have equal items, but item 40 occurs before",
        Violations(m => m.Tags.Add([.. Enumerable.Range(0, 40).Select(i => $"{i}"), "7"])));

    [Fact]
    public void Violations_Nested_PathsInJsonNames() => Assert.Equal(
        ["files[3].fileSize must be at least 0, is -1", "byName[\"a\\\"b\"].fileSize must be at least 0, is -2", "inner.inner.files[0].fileSize must be at least 0, is -3"],
        Violations(m =>
        {
            m.Files.Add([new(), new(), new(), new() { FileSize = -1 }]);
            m.ByName["a\"b"] = new Entry { FileSize = -2 };
            m.Inner = Valid();
            m.Inner.Inner = Valid();
            m.Inner.Inner.Files.Add(new Entry { FileSize = -3 });
        }));

    [Fact]
    public void Violations_Required_OnlyThatIsReported() => Assert.Equal(
        ["needed.name must be set", "needed.entry must be set", "needed.numbers must not be empty", "needed.labels must be set", "wrapped must be set"],
        Violations(m => (m.Needed, m.Wrapped) = (new Needed(), null)));

    [Fact]
    public void Violations_OneofMember_CheckedOnlyWhenSet()
    {
        Needed needed = new() { Name = "x", Entry = new Entry(), Numbers = { 1 }, Labels = { ["k"] = "v" } };
        Assert.Empty(FieldRulesValidator.Violations(needed));
        needed.Left = "";
        Assert.Equal("left", Assert.Single(FieldRulesValidator.Violations(needed)).Field);
        needed.Right = 1;
        Assert.Equal("right", Assert.Single(FieldRulesValidator.Violations(needed)).Field);
    }

    [Fact]
    public void Violations_HugeBatch_StopsAtTheLimit()
    {
        Ruled message = Valid();
        message.Files.Add(Enumerable.Range(0, 5000).Select(_ => new Entry { FileSize = -1 }));
        Assert.Equal(ViolationSink.Limit, FieldRulesValidator.Violations(message).Count);
    }

    [Fact]
    public void Violations_AfterAFailedCompile_StartEmpty()
    {
        Ruled message = Valid();
        message.Plain = "";
        Assert.Throws<InvalidOperationException>(() => FieldRulesValidator.Violations(new Misruled()));
        Assert.Single(FieldRulesValidator.Violations(message));
    }

    [Fact]
    public void Prepare_RulesOfAnotherType_NamesTheField() => Assert.Contains(
        "grpc.tests.validation.Misruled.text is String; its Int32 rules do not apply",
        Assert.Throws<InvalidOperationException>(() => FieldRulesValidator.Prepare(Misruled.Descriptor)).Message, StringComparison.Ordinal);

    [Fact]
    public void Prepare_BadPattern_NamesTheField() => Assert.Contains(
        "grpc.tests.validation.Mispatterned.text: the pattern ([ cannot be compiled",
        Assert.Throws<InvalidOperationException>(() => FieldRulesValidator.Prepare(Mispatterned.Descriptor)).Message, StringComparison.Ordinal);

    [Fact]
    public void Prepare_RecursiveMessages_Ends()
    {
        FieldRulesValidator.Prepare(Ruled.Descriptor);
        FieldRulesValidator.Prepare(Unruled.Descriptor);
        Assert.Empty(FieldRulesValidator.Violations(new Unruled { Again = new Unruled() }));
    }

    [Fact]
    public void Violations_RandomIntegers_AgreeWithTheBounds() => Prop
        .ForAll<int, long, uint>((port, size, outside) =>
        {
            string[] expected =
            [
                .. (port is < 0 or > 65535 ? new[] { "port" } : []), .. (size is <= -1 or >= 100 ? new[] { "size" } : []),
                .. (outside is >= 5 and <= 10 ? new[] { "outside" } : []),
            ];
            Ruled message = Valid();
            (message.Port, message.Size, message.Outside) = (port, size, outside);
            return expected.SequenceEqual(FieldRulesValidator.Violations(message).Select(violation => violation.Field));
        })
        .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void CodePoints_RandomText_AgreesWithTheRuneEnumerator() => Prop
        .ForAll<string?>(text => ValueText.CodePoints(text ?? "") == (text ?? "").EnumerateRunes().Count())
        .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}
