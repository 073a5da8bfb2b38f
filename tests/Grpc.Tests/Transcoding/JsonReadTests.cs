using System.Buffers;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Grpc.Tests.Transcoding;

public sealed class JsonReadTests
{
    static readonly JsonCodec s_strict = new(new GrpcJsonTranscodingOptions { RejectUnknownFields = true });
    static readonly JsonCodec s_lenient = new(new GrpcJsonTranscodingOptions());

    static IReadOnlyList<BadRequest.Types.FieldViolation> Read(JsonCodec codec, string json, IMessage target) =>
        codec.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)), target);

    static Everything Good(string json, JsonCodec? codec = null)
    {
        var message = new Everything();
        Assert.Empty(Read(codec ?? s_strict, json, message));
        return message;
    }

    static BadRequest.Types.FieldViolation Bad(string json, JsonCodec? codec = null) =>
        Assert.Single(Read(codec ?? s_strict, json, new Everything()));

    [Theory]
    [InlineData("5001", 5001)]
    [InlineData("\"5001\"", 5001)]
    [InlineData("1.0", 1)]
    [InlineData("\"1.00\"", 1)]
    [InlineData("1e3", 1000)]
    [InlineData("1.5e1", 15)]
    [InlineData("1200e-2", 12)]
    [InlineData("-0", 0)]
    [InlineData("0e99999999999", 0)]
    [InlineData("1000e-3", 1)]
    [InlineData("0.00e5", 0)]
    [InlineData("12.50e1", 125)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("-2147483648", int.MinValue)]
    [InlineData("\"\\u0035\"", 5)]
    public void Read_Int32_AnyFormOfAnInteger(string text, int expected) => Assert.Equal(expected, Good($"{{\"n\":{text}}}").N);

    [Theory]
    [InlineData("1.5")]
    [InlineData("2147483648")]
    [InlineData("-2147483649")]
    [InlineData("1e10")]
    [InlineData("1e-1")]
    [InlineData("1000e-4")]
    [InlineData("10e-2")]
    [InlineData("1500e-3")]
    [InlineData("0.99999999999999999999999e23")]
    [InlineData("\"1e\"")]
    [InlineData("\"1e+\"")]
    [InlineData("\"-\"")]
    [InlineData("1.00000000000000000000000000000000001")]
    [InlineData("\"\"")]
    [InlineData("\" 1\"")]
    [InlineData("\"+1\"")]
    [InlineData("\"01\"")]
    [InlineData("\"1.\"")]
    [InlineData("\"0x1\"")]
    [InlineData("\"abc\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public void Read_Int32_NotAnInteger_IsAViolation(string text) => Assert.Equal("n", Bad($"{{\"n\":{text}}}").Field);

    [Fact]
    public void Read_Int64_IsExact()
    {
        Assert.Equal(9007199254740993, Good("""{"count":"9007199254740993"}""").Count);
        Assert.Equal(9007199254740993, Good("""{"count":9007199254740993}""").Count);
        Assert.Equal(long.MinValue, Good("""{"count":"-9223372036854775808"}""").Count);
        Assert.Equal(ulong.MaxValue, Good("""{"u64":18446744073709551615}""").U64);
        Bad("""{"count":"9223372036854775808"}""");
        Bad("""{"u64":"18446744073709551616"}""");
        Bad("""{"u64":-1}""");
        Bad("""{"u32":4294967296}""");
    }

    [Theory]
    [InlineData("\"NaN\"", double.NaN)]
    [InlineData("\"Infinity\"", double.PositiveInfinity)]
    [InlineData("\"-Infinity\"", double.NegativeInfinity)]
    [InlineData("\"1.5\"", 1.5)]
    [InlineData("1e300", 1e300)]
    public void Read_Double(string text, double expected) => Assert.Equal(expected, Good($"{{\"ratio\":{text}}}").Ratio);

    [Theory]
    [InlineData("\"NaN\"", float.NaN)]
    [InlineData("\"Infinity\"", float.PositiveInfinity)]
    [InlineData("\"-Infinity\"", float.NegativeInfinity)]
    [InlineData("0.1", 0.1f)]
    [InlineData("\"1e38\"", 1e38f)]
    public void Read_Float(string text, float expected) => Assert.Equal(expected, Good($"{{\"single\":{text}}}").Single);

    [Theory]
    [InlineData("ratio", "1e309")]
    [InlineData("ratio", "\"1e309\"")]
    [InlineData("ratio", "\"nan\"")]
    [InlineData("ratio", "\"\"")]
    [InlineData("ratio", "\" 1\"")]
    [InlineData("single", "3.5e38")]
    [InlineData("flag", "\"true\"")]
    [InlineData("flag", "1")]
    [InlineData("id", "1")]
    [InlineData("data", "1")]
    [InlineData("data", "\"a b=\"")]
    [InlineData("data", "\"AAAAA\"")]
    [InlineData("data", "\"====\"")]
    [InlineData("data", "\"AB\"")]
    [InlineData("data", "\"+B\"")]
    [InlineData("e", "\"1\"")]
    [InlineData("e", "1.5")]
    [InlineData("e", "\"NOPE\"")]
    [InlineData("e", "null_value")]
    [InlineData("tag", "{}")]
    [InlineData("tag", "\"a\"")]
    [InlineData("labels", "[]")]
    [InlineData("node", "[]")]
    [InlineData("node", "1")]
    [InlineData("time", "\"2026-01-01T00:00:00\"")]
    [InlineData("time", "\"2026-01-01t00:00:00Z\"")]
    [InlineData("time", "\"2026-01-01T00:00:00z\"")]
    [InlineData("time", "\"2026-02-30T00:00:00Z\"")]
    [InlineData("time", "\"2026-01-01T00:00:00.1234567890Z\"")]
    [InlineData("time", "\"0001-01-01T00:00:00+01:00\"")]
    [InlineData("time", "\"2026-01-01T24:00:00Z\"")]
    [InlineData("dur", "\"1\"")]
    [InlineData("dur", "\"315576000001s\"")]
    [InlineData("dur", "\"1.s\"")]
    [InlineData("dur", "\"--1s\"")]
    [InlineData("dur", "1.5")]
    [InlineData("mask", "\"a_b\"")]
    [InlineData("mask", "\"a,,b\"")]
    [InlineData("fields", "[]")]
    [InlineData("fields", """{"a":1,"a":2}""")]
    [InlineData("value", """{"a":{"b":1,"b":1}}""")]
    [InlineData("labels", """{"a":"x","a":"y"}""")]
    [InlineData("list", "{}")]
    [InlineData("value", "1e400")]
    [InlineData("any", """{"@type":"type.googleapis.com/no.Such"}""")]
    [InlineData("any", """{"@type":"grpc.tests.transcoding.Node"}""")]
    [InlineData("any", """{"@type":1}""")]
    [InlineData("any", """{"@type":"x/google.protobuf.Duration","value":"1s","@type":"x/google.protobuf.Duration"}""")]
    [InlineData("any", """{"@type":"x/google.protobuf.Duration","value":"1s","value":"1s"}""")]
    [InlineData("any", """{"@type":"x/google.protobuf.Duration","value":"1s","nope":1}""")]
    [InlineData("any", """{"name":"x"}""")]
    [InlineData("any", """{"@type":"type.googleapis.com/google.protobuf.Duration"}""")]
    [InlineData("iv", "\"x\"")]
    public void Read_WrongValue_IsAViolationOfThatField(string field, string text)
    {
        var violations = Read(s_strict, $"{{\"{field}\":{text}}}", new Everything());

        Assert.StartsWith(field, Assert.Single(violations).Field, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-_8=")]
    [InlineData("-_8")]
    [InlineData("+/8=")]
    [InlineData("+/8")]
    [InlineData("+_8")]
    public void Read_Bytes_EitherAlphabetPaddedOrNot(string text) =>
        Assert.Equal([0xFB, 0xFF], Good($"{{\"data\":\"{text}\"}}").Data.ToByteArray());

    [Theory]
    [InlineData("", new byte[0])]
    [InlineData("AQ==", new byte[] { 1 })]
    [InlineData("AQID", new byte[] { 1, 2, 3 })]
    [InlineData("//79", new byte[] { 255, 254, 253 })]
    [InlineData("__79", new byte[] { 255, 254, 253 })]
    public void Read_Bytes_OfAnyLength(string text, byte[] expected) => Assert.Equal(expected, Good($"{{\"data\":\"{text}\"}}").Data.ToByteArray());

    [Fact]
    public void Read_Names_JsonNameAndProtoName()
    {
        Assert.Equal("x", Good("""{"someLongName":"x"}""").SomeLongName);
        Assert.Equal("x", Good("""{"some_long_name":"x"}""").SomeLongName);
        Assert.Equal("x", Good("""{"some\u004congName":"x"}""").SomeLongName);
        Assert.Equal("x", Good("""{"@custom":"x"}""").CustomName);
        Assert.Equal("is given more than once (line 1, column 21)", Bad("""{"someLongName":"x","some_long_name":"y"}""").Description);
        Assert.Equal("is given more than once (line 1, column 8)", Bad("""{"n":1,"n":1}""").Description);
        Bad("""{"SomeLongName":"x"}""");
        var anyCase = new JsonCodec(new() { RejectUnknownFields = true, JsonSettings = { PropertyNameCaseInsensitive = true } });
        Assert.Equal("x", Good("""{"SOMELONGNAME":"x"}""", anyCase).SomeLongName);
        Assert.Equal("somélongname", Bad("""{"somélongname":"x"}""", anyCase).Field);
    }

    [Fact]
    public void Read_UnknownField_StrictNamesItLenientSkipsIt()
    {
        var violation = Bad("{\n  \"node\": {\"nmae\": {\"n\": [1, 2]}}\n}");
        Assert.Equal("node.nmae", violation.Field);
        Assert.Equal("is not a field of this message (line 2, column 12)", violation.Description);
        Assert.Equal(3, Good("""{"nope":{"n":[1,2]},"n":3}""", s_lenient).N);
        Assert.Equal(3, Good("""{"e":"NOPE","letters":["NOPE","E_A"],"n":3}""", s_lenient).N);
        Assert.Equal([Letter.EA], Good("""{"letters":["NOPE","E_A"]}""", s_lenient).Letters);
    }

    [Fact]
    public void Read_SeveralViolations_AllComeBackInOrderWithPaths()
    {
        var violations = Read(s_strict, """{"files":[{},{"size":"x"}],"e":"Z","labels":{"k":1},"n":[], "count": 5}""", new Everything());

        Assert.Equal(["files[1].size", "e", "labels.k", "n"], violations.Select(violation => violation.Field));
        Assert.Contains("must be one of LETTER_UNSPECIFIED, E_A, LETTER_B, LETTER_BETA, LETTER_NEGATIVE", violations[1].Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", "the JSON text ends too early (line 1, column 1)")]
    [InlineData("{\"n\":", "n", "the JSON text ends too early (line 1, column 6)")]
    [InlineData("{\"node\":\n {\"size\": 1,}}", "node.size", "the text is not valid JSON here (line 2, column 13)")]
    [InlineData("{} {}", "", "the text is not valid JSON here (line 1, column 4)")]
    [InlineData("{\"files\":[{},{\"é\":tru}]}", "files[1].é", "the text is not valid JSON here (line 1, column 22)")]
    public void Read_BrokenJson_SaysWhere(string text, string field, string description)
    {
        var violation = Bad(text, s_lenient);

        Assert.Equal((field, description), (violation.Field, violation.Description));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("1")]
    public void Read_NotAnObject_IsAViolation(string text) => Assert.Equal("must be an object (line 1, column 1)", Bad(text).Description);

    [Fact]
    public void Read_Null_IsTheDefaultExceptWhereItIsAValue()
    {
        var message = Good("""
            {"n":null,"tag":null,"labels":null,"opt":null,"sv":null,"time":null,"any":null,"node":null,"choiceText":null,
             "value":null,"nothing":null,"choiceNull":null,"valueList":[null,1],"values":{"a":null}}
            """);
        Assert.False(message.HasOpt);
        Assert.Null(message.Sv);
        Assert.Equal(Value.KindOneofCase.NullValue, message.Value.KindCase);
        Assert.Equal(Everything.ChoiceOneofCase.ChoiceNull, message.ChoiceCase);
        Assert.Equal(2, message.ValueList.Count);
        Assert.Equal(Value.KindOneofCase.NullValue, message.Values["a"].KindCase);
        Bad("""{"tag":["a",null]}""");
        Bad("""{"files":[null]}""");
        Bad("""{"svs":[null]}""");
        Bad("""{"labels":{"a":null}}""");
    }

    [Fact]
    public void Read_Oneof_SecondMemberIsAViolation()
    {
        Assert.Equal("x", Good("""{"choiceNumber":null,"choiceText":"x","otherFlag":false}""").ChoiceText);
        var violation = Bad("""{"choiceText":"x","choice_number":1}""");
        Assert.Equal("choice_number", violation.Field);
        Assert.StartsWith("another member of the oneof choice is given too", violation.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Presence_IsKept()
    {
        var message = Good("""{"opt":0,"optText":"","sv":"","lv":"0","bv":false,"optLetter":0,"empty":{}}""");
        Assert.True(message.HasOpt && message.HasOptText && message.HasOptLetter);
        Assert.Equal("", message.Sv);
        Assert.Equal(0L, message.Lv);
        Assert.False(message.Bv);
        Assert.NotNull(message.Empty);
    }

    [Fact]
    public void Read_Maps_KeysOfEveryKind()
    {
        var message = Good("""
            {"byNumber":{"-5":{"name":"x"}},"byLong":{"9007199254740993":"1"},"byUint":{"1":2},"byFlag":{"true":"E_A","false":"LETTER_B"},"labels":{"":"e","a.b":"c"},"lvs":{"x":"5"}}
            """);
        Assert.Equal("x", message.ByNumber[-5].Name);
        Assert.Equal(1, message.ByLong[9007199254740993]);
        Assert.Equal((Letter.EA, Letter.B), (message.ByFlag[true], message.ByFlag[false]));
        Assert.Equal("e", message.Labels[""]);
        Assert.Equal(5, message.Lvs["x"]);
        Bad("""{"byNumber":{"x":{}}}""");
        Bad("""{"byFlag":{"TRUE":"E_A"}}""");
        Assert.Equal("byLong.01", Bad("""{"byLong":{"1":1,"01":2}}""").Field);
        Assert.Equal("is given more than once (line 1, column 18)", Bad("""{"byLong":{"1":1,"1.0":2}}""").Description);
    }

    [Fact]
    public void Read_WellKnown_Values()
    {
        var message = Good("""
            {"time":"2026-01-31T12:00:00.5+02:00","dur":"-1.5s","mask":"a,bC.dE","fields":{"a":[1,{"b":null}]},"value":"x","list":[true],
             "any":{"value":"1.5s","@type":"type.googleapis.com/google.protobuf.Duration"},
             "anys":[{"value":{"value":[1],"@type":"x/google.protobuf.ListValue"},"@type":"x.y/google.protobuf.Any"},{}]}
            """);
        Assert.Equal(new DateTime(2026, 1, 31, 10, 0, 0, 500, DateTimeKind.Utc), message.Time.ToDateTime());
        Assert.Equal(TimeSpan.FromSeconds(-1.5), message.Dur.ToTimeSpan());
        Assert.Equal(["a", "b_c.d_e"], message.Mask.Paths);
        Assert.Equal(Value.KindOneofCase.NullValue, message.Fields.Fields["a"].ListValue.Values[1].StructValue.Fields["b"].KindCase);
        Assert.Equal(TimeSpan.FromSeconds(1.5), message.Any.Unpack<Duration>().ToTimeSpan());
        Assert.Equal(1, message.Anys[0].Unpack<Any>().Unpack<ListValue>().Values[0].NumberValue);
        Assert.Equal(new Any(), message.Anys[1]);
        Assert.Empty(Good("""{"mask":""}""").Mask.Paths);
    }

    [Fact]
    public void Read_Any_OfTheServicesOwnFile()
    {
        var codec = new JsonCodec(new GrpcJsonTranscodingOptions { RejectUnknownFields = true });
        codec.AddTypes(TranscodingReflection.Descriptor);

        var message = Good("""{"any":{"name":"x","@type":"type.googleapis.com/grpc.tests.transcoding.Node","size":"5"}}""", codec);

        Assert.Equal(new Node { Name = "x", Size = 5 }, message.Any.Unpack<Node>());
        Assert.Equal("any.nmae", Bad("""{"any":{"nmae":"x","@type":"type.googleapis.com/grpc.tests.transcoding.Node"}}""", codec).Field);
    }

    [Fact]
    public void Read_TooDeep_IsAViolation()
    {
        static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"next\":", depth - 1)) + "{}" + new string('}', depth - 1);
        Assert.Empty(Read(s_strict, Nested(64), new Node()));
        Assert.Single(Read(s_strict, Nested(65), new Node()));
        Assert.Single(Read(s_strict, "{\"value\":" + new string('[', 100_000), new Everything()));
    }

    [Theory]
    [InlineData("{\"id\":\"\\ud800\"}", "id")]
    [InlineData("{\"labels\":{\"\\ud800\":\"x\"}}", "labels")]
    [InlineData("{\"value\":\"\\ud800\"}", "value")]
    [InlineData("{\"n\":\"\\ud800\"}", "n")]
    public void Read_HalfASurrogatePair_IsAViolation(string text, string field) =>
        Assert.StartsWith(field, Bad(text).Field, StringComparison.Ordinal);

    [Fact]
    public void Read_BytesThatAreNotUtf8_IsAViolation()
    {
        byte[] text = [.. "{\"id\":\""u8, 0xC3, 0x28, .. "\"}"u8];

        Assert.Single(s_strict.Read(new ReadOnlySequence<byte>(text), new Everything()));
    }
}
