using System.Buffers;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Grpc.Tests.Transcoding;

public sealed class JsonWriteTests
{
    static readonly JsonCodec s_compact = Codec(new() { IgnoreDefaultValues = true, WriteInt64sAsStrings = true });

    static JsonCodec Codec(GrpcJsonSettings settings)
    {
        var codec = new JsonCodec(new GrpcJsonTranscodingOptions { JsonSettings = settings });
        codec.AddTypes(TranscodingReflection.Descriptor);
        return codec;
    }

    static string Write(IMessage message, JsonCodec? codec = null)
    {
        var output = new ArrayBufferWriter<byte>();
        (codec ?? s_compact).Write(output, message);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    [Fact]
    public void Write_EveryKind_IsProto3Json()
    {
        var message = new Everything
        {
            Count = long.MinValue,
            Single = 0.1f,
            Ratio = double.NaN,
            Data = ByteString.CopyFrom(0xFB, 0xFF),
            E = (Letter)99,
            Letters = { Letter.Beta, Letter.Negative },
            ByFlag = { { true, Letter.EA } },
            OptLetter = Letter.Unspecified,
            ChoiceNull = NullValue.NullValue,
            Time = new Timestamp { Seconds = 0, Nanos = 1000 },
            Dur = new Duration { Seconds = 0, Nanos = -500_000_000 },
            Mask = new FieldMask { Paths = { "a", "foo_bar.b" } },
            Value = Value.ForNull(),
            Any = Any.Pack(new Duration { Seconds = 3 }),
            Empty = new Empty(),
            Lv = 5,
            Lvs = { { "x", 6 } },
            CustomName = "c",
        };

        Assert.Equal(
            """{"count":"-9223372036854775808","single":0.1,"ratio":"NaN","data":"+/8=","e":99,"letters":["LETTER_B","LETTER_NEGATIVE"],"byFlag":{"true":"E_A"},"optLetter":"LETTER_UNSPECIFIED","choiceNull":null,"time":"1970-01-01T00:00:00.000001Z","dur":"-0.500s","mask":"a,fooBar.b","value":null,"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"3s"},"empty":{},"lv":"5","lvs":{"x":"6"},"@custom":"c"}""",
            Write(message));
    }

    [Fact]
    public void Write_NumbersAndFlags_KeepTheirValue()
    {
        var message = new Everything
        {
            U32 = uint.MaxValue,
            U64 = ulong.MaxValue,
            Flags = { true, false },
            ByFlag = { { false, Letter.EA } },
            ByUint = { { 7, 0.5 } },
            Bv = false,
            Uv = 5,
            Ulv = 6,
            Sv = "s",
            Ratios = { -0.0, 0, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 1e300 },
            Fv = float.NegativeInfinity,
            Single = float.PositiveInfinity,
            Id = "é\"<",
            ValueList = { Value.ForNumber(1.5), Value.ForBool(true), Value.ForString("x"), Value.ForList(Value.ForNull()), Value.ForStruct(new Struct { Fields = { { "a", Value.ForNumber(0) } } }) },
        };

        Assert.Equal(
            """{"u32":4294967295,"u64":"18446744073709551615","single":"Infinity","id":"é\"<","ratios":[-0.0,0,"Infinity","-Infinity","NaN",1E+300],"flags":[true,false],"byUint":{"7":0.5},"byFlag":{"false":"E_A"},"sv":"s","uv":5,"ulv":"6","bv":false,"fv":"-Infinity","valueList":[1.5,true,"x",[null],{"a":0}]}""",
            Write(message));
        Assert.Equal("""{"count":-5,"u64":18446744073709551615}""", Write(new Everything { Count = -5, U64 = ulong.MaxValue }, Codec(new() { IgnoreDefaultValues = true })));
    }

    [Fact]
    public void Write_Indented_ButNotALine()
    {
        var codec = Codec(new() { IgnoreDefaultValues = true, WriteIndented = true });
        var output = new ArrayBufferWriter<byte>();
        codec.Write(output, new Item { Id = "x" });
        codec.Write(output, new Item { Id = "y" }, isLine: true);
        codec.Write(output, new Item { Tags = { "z" } }, codec.Shapes.For(Item.Descriptor).Fields[6], isLine: true);

        Assert.Equal("{\n  \"id\": \"x\"\n}{\"id\":\"y\"}[\"z\"]", Encoding.UTF8.GetString(output.WrittenSpan).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Write_Defaults_OnlyFieldsWithoutPresence()
    {
        Assert.Equal("{}", Write(new Item()));
        Assert.Equal("""{"opt":0}""", Write(new Item { Opt = 0 }));
        Assert.Equal(
            """{"id":"","title":"","count":0,"n":0,"ratio":0,"e":"LETTER_UNSPECIFIED","tags":[]}""", Write(new Item(), Codec(new())));
    }

    [Fact]
    public void Write_WhatJsonCannotHold_Throws()
    {
        IMessage[] messages =
        [
            new Timestamp { Seconds = 253_402_300_800 }, new Timestamp { Nanos = -1 }, new Duration { Seconds = 1, Nanos = -1 },
            new Duration { Seconds = 315_576_000_001 }, new Duration { Seconds = long.MinValue }, new FieldMask { Paths = { "fooBar" } },
            new FieldMask { Paths = { "a__b" } }, new FieldMask { Paths = { "a", "b_" } }, new FieldMask { Paths = { "a,b" } }, new FieldMask { Paths = { "a_1" } }, new FieldMask { Paths = { "" } },
            new Value(), Value.ForNumber(double.NaN),
        ];
        Assert.All(messages, message => Assert.EndsWith("JSON has no form for.", Assert.Throws<JsonFormatException>(() => Write(message)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Write_AfterAFailure_StartsAfresh()
    {
        var codec = Codec(new());
        var broken = new Struct { Fields = { { "a", Value.ForString("b") }, { "c", new Value() } } };
        Assert.Throws<JsonFormatException>(() => Write(broken, codec));

        Assert.Equal("\"3s\"", Write(new Duration { Seconds = 3 }, codec));
    }

    [Fact]
    public void Write_AnyOfAnUnknownType_KeepsItsBytes() =>
        Assert.Equal("""{"@type":"x/no.Such","value":"AQ=="}""", Write(new Any { TypeUrl = "x/no.Such", Value = ByteString.CopyFrom(1) }));

    [Fact]
    public void Write_AnyThatIsEmptyOrBroken_IsStillAnswered()
    {
        Assert.Equal("{}", Write(new Any()));
        Assert.Equal("""{"@type":"x/google.rpc.Status","value":"CA=="}""", Write(new Any { TypeUrl = "x/google.rpc.Status", Value = ByteString.CopyFrom(8) }));
    }
}
