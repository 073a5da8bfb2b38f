using System.Buffers;
using System.Text;
using Google.Protobuf;
using Google.Rpc;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Grpc.Tests.Transcoding;

/// <summary>What a client is told of its mistakes, to the letter.</summary>
public sealed class JsonViolationTests
{
    static readonly JsonCodec s_codec = Codec();

    static JsonCodec Codec()
    {
        var codec = new JsonCodec(new GrpcJsonTranscodingOptions { RejectUnknownFields = true });
        codec.AddTypes(TranscodingReflection.Descriptor);
        return codec;
    }

    static IReadOnlyList<BadRequest.Types.FieldViolation> Read(string json, Func<IMessage>? target = null, FieldShape? field = null)
    {
        target ??= () => new Everything();
        var bytes = Encoding.UTF8.GetBytes(json);
        var violations = s_codec.Read(new ReadOnlySequence<byte>(bytes), target(), field);
        // However the text is cut up, they are the same.
        Assert.All([1, 2, 7], size => Assert.Equal(violations, s_codec.Read(Pieces.Cut(bytes, size), target(), field)));
        return violations;
    }

    [Theory]
    [InlineData("n", "true", "must be an integer from -2147483648 to 2147483647")]
    [InlineData("s32", "true", "must be an integer from -2147483648 to 2147483647")]
    [InlineData("sf32", "true", "must be an integer from -2147483648 to 2147483647")]
    [InlineData("count", "true", "must be an integer from -9223372036854775808 to 9223372036854775807")]
    [InlineData("s64", "{}", "must be an integer from -9223372036854775808 to 9223372036854775807")]
    [InlineData("sf64", "[]", "must be an integer from -9223372036854775808 to 9223372036854775807")]
    [InlineData("u32", "-1", "must be an integer from 0 to 4294967295")]
    [InlineData("f32", "-1", "must be an integer from 0 to 4294967295")]
    [InlineData("u64", "-1", "must be an integer from 0 to 18446744073709551615")]
    [InlineData("f64", "-1", "must be an integer from 0 to 18446744073709551615")]
    [InlineData("ratio", "\"x\"", "must be a number that a double holds, or \"NaN\", \"Infinity\", \"-Infinity\"")]
    [InlineData("single", "\"x\"", "must be a number that a float holds, or \"NaN\", \"Infinity\", \"-Infinity\"")]
    [InlineData("flag", "\"true\"", "must be true or false")]
    [InlineData("id", "1", "must be a string")]
    [InlineData("id", "\"\\ud800\"", "is not valid Unicode")]
    [InlineData("data", "\"!\"", "must be base64")]
    [InlineData("data", "1234", "must be base64")]
    [InlineData("data", "\"\\ud800\"", "must be base64")]
    [InlineData("data", "\"AB==\"", "must be base64")]
    [InlineData("e", "\"NOPE\"", "must be one of LETTER_UNSPECIFIED, E_A, LETTER_B, LETTER_BETA, LETTER_NEGATIVE")]
    [InlineData("e", "true", "must be one of LETTER_UNSPECIFIED, E_A, LETTER_B, LETTER_BETA, LETTER_NEGATIVE")]
    [InlineData("many", "\"NOPE\"", "must be one of M0, M1, M2, M3, M4, M5, M6, M7, M8, M9, M10, M11, M12, M13, M14, M15, M16, M17, M18, M19, …")]
    [InlineData("node", "1", "must be an object")]
    [InlineData("tag", "{}", "must be an array")]
    [InlineData("tag[1]", "[\"a\",null]", "must not be null")]
    [InlineData("files[0]", "[null]", "must not be null")]
    [InlineData("labels", "[]", "must be an object")]
    [InlineData("labels.a", "{\"a\":null}", "must not be null")]
    [InlineData("labels.a", "{\"a\":\"\",\"a\":\"\"}", "is given more than once")]
    [InlineData("labels.\\ud800", "{\"\\ud800\":\"\"}", "the key must be a string")]
    [InlineData("byNumber.x", "{\"x\":{}}", "the key must be an integer from -2147483648 to 2147483647")]
    [InlineData("byFlag.1", "{\"1\":\"E_A\"}", "the key must be true or false")]
    [InlineData("time", "\"x\"", "must be an RFC 3339 time such as 2026-01-31T12:00:00Z, from year 1 to 9999")]
    [InlineData("dur", "\"x\"", "must be seconds with an s, such as 1.5s, at most 315576000000s")]
    [InlineData("mask", "\"a_b\"", "must be a comma-separated list of lowerCamelCase paths")]
    [InlineData("fields", "[]", "must be an object")]
    [InlineData("list", "{}", "must be an array")]
    [InlineData("value", "1e999", "must be a number that a double holds")]
    [InlineData("value", "\"\\ud800\"", "is not valid Unicode")]
    [InlineData("any", "1", "must be an object")]
    [InlineData("any", "{\"name\":\"x\"}", "has no @type")]
    [InlineData("any", "{\"@type\":\"\"}", "has an @type that is not a type's URL")]
    [InlineData("any", "{\"@type\":1}", "has an @type that is not a type's URL")]
    [InlineData("any", "{\"@type\":\"x/no.Such\"}", "has an @type that is not known here")]
    [InlineData("any", "{\"@type\":\"google.rpc.Status\"}", "has an @type that is not known here")]
    [InlineData("any", "{\"@type\":\"x/google.rpc.Status\",\"@type\":\"x/google.rpc.Status\"}", "has more than one @type")]
    [InlineData("any", "{\"@type\":\"x/google.protobuf.Duration\"}", "has no \"value\"")]
    [InlineData("any.value", "{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1s\",\"value\":\"1s\"}", "is given more than once")]
    [InlineData("any.nope", "{\"nope\":1,\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1s\"}", "is not a field of this message")]
    [InlineData("any.nope", "{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1s\",\"nope\":1}", "is not a field of this message")]
    [InlineData("any.value", "{\"value\":1,\"@type\":\"x/google.protobuf.Duration\"}", "must be seconds with an s, such as 1.5s, at most 315576000000s")]
    [InlineData("sv", "1", "must be a string")]
    [InlineData("bv", "1", "must be true or false")]
    [InlineData("nope", "1", "is not a field of this message")]
    public void Read_WrongValue_SaysWhereAndWhatIsRight(string path, string value, string expected)
    {
        var violation = Assert.Single(Read($"{{\"{path.Split('.', '[')[0]}\":{value}}}"));

        Assert.Equal(path, violation.Field);
        Assert.StartsWith(expected + " (line 1, column ", violation.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tags", "[\"a\",1]", "tags[1]", "must be a string (line 1, column 6)")]
    [InlineData("owner", "{\"name\":\n\t1}", "owner.name", "must be a string (line 2, column 2)")]
    [InlineData("owner", "null", "owner", "must be an object (line 1, column 1)")]
    [InlineData("tags", "null", "tags", "must be an array (line 1, column 1)")]
    [InlineData("id", "null", "id", "must be a string (line 1, column 1)")]
    [InlineData("id", "\"é\" x", "id", "the text is not valid JSON here (line 1, column 5)")]
    [InlineData("id", "", "id", "the JSON text ends too early (line 1, column 1)")]
    public void Read_BodyField_PathsBeginWithIt(string name, string json, string path, string description)
    {
        var field = Array.Find(s_codec.Shapes.For(Item.Descriptor).Fields, field => field.Field.Name == name);
        var violation = Assert.Single(Read(json, () => new Item(), field));

        Assert.Equal((path, description), (violation.Field, violation.Description));
    }

    [Fact]
    public void Read_BodyFieldOfAListValue_IsAnArray()
    {
        var field = Array.Find(s_codec.Shapes.For(Everything.Descriptor).Fields, field => field.Field.Name == "list");

        Assert.Equal("must be an array (line 1, column 1)", Assert.Single(Read("null", field: field)).Description);
    }

    [Fact]
    public void Read_WrongValues_DoNotHideWhatFollows()
    {
        var violations = Read("""{"node":1,"labels":[1],"tag":{"a":1},"fields":1,"list":1,"any":1,"time":[1],"sv":{"a":1},"e":[1],"n":"x"}""");

        Assert.Equal(["node", "labels", "tag", "fields", "list", "any", "time", "sv", "e", "n"], violations.Select(violation => violation.Field));
    }

    [Fact]
    public void Read_GivenAgainAndAgain_EachIsAViolation()
    {
        Assert.Equal(2, Read("""{"n":1,"n":1,"n":1}""").Count);
        Assert.Equal(["choiceNumber", "choiceLetter"], Read("""{"choiceText":"x","choiceNumber":"bad","choiceLetter":"bad"}""").Select(violation => violation.Field));
    }

    [Theory]
    [InlineData("{\"n\" 1}\n\n", "", "the text is not valid JSON here (line 1, column 6)")]
    [InlineData("{\n\n\"n\": 1 2}\n", "n", "the text is not valid JSON here (line 3, column 8)")]
    [InlineData("{\"n\":1\n", "n", "the JSON text ends too early (line 2, column 1)")]
    public void Read_BrokenJsonOfSeveralLines_SaysWhere(string json, string path, string description)
    {
        var violation = Assert.Single(Read(json));

        Assert.Equal((path, description), (violation.Field, violation.Description));
    }

    [Fact]
    public void Read_TextsLongerThanAnyValue_AreReadAndRefused()
    {
        var message = new Everything();
        var long1 = "1" + new string('0', 199);
        Assert.Empty(s_codec.Read(Pieces.Cut(Encoding.UTF8.GetBytes($"{{\"ratio\":{long1},\"dv\":\"\\u0031{long1[1..]}\"}}"), 5), message));
        Assert.Equal((1e199, 1e199), (message.Ratio, message.Dv));
        Assert.Equal("n", Assert.Single(Read($"{{\"n\":{long1}}}")).Field);
        Assert.Equal("e", Assert.Single(Read($"{{\"e\":\"\\u0041{long1}\"}}")).Field);
        Assert.Single(Read($"{{\"\\u006e{long1}\":1}}"));
    }

    [Fact]
    public void Read_MaxDepth_IsTheOptions()
    {
        var codec = new JsonCodec(new() { MaxDepth = 2 });
        Assert.Empty(codec.Read(new ReadOnlySequence<byte>("""{"node":{"name":"x"}}"""u8.ToArray()), new Everything()));
        Assert.Single(codec.Read(new ReadOnlySequence<byte>("""{"node":{"next":{}}}"""u8.ToArray()), new Everything()));
    }

    [Fact]
    public void Read_NestedListsAndObjects_PathsLeadThroughThem()
    {
        var violations = Read("""{"anys":[{},{"@type":"x/google.protobuf.ListValue","value":[1,[2,{"a":1,"a":2}]]}],"files":[{"children":[{},{"size":"x"}]},{"next":{"name":1}}]}""");

        Assert.Equal(["anys[1].value[1][1].a", "files[0].children[1].size", "files[1].next.name"], violations.Select(violation => violation.Field));
    }

    [Fact]
    public void Read_ManyViolations_AreCutAt32()
    {
        Assert.Equal(32, Read($"{{\"tag\":[{string.Join(',', Enumerable.Repeat("1", 100))}]}}").Count);
        // A break of the text is told all the same.
        Assert.Equal(33, Read($"{{\"tag\":[{string.Join(',', Enumerable.Repeat("1", 100))}").Count);
    }

    [Fact]
    public void Read_LongName_IsCutInThePath()
    {
        Assert.Equal(new string('x', 64) + "…", Assert.Single(Read($"{{\"{new string('x', 65)}\":1}}")).Field);
        Assert.Equal(new string('x', 64), Assert.Single(Read($"{{\"{new string('x', 64)}\":1}}")).Field);
    }
}
