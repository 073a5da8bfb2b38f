using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using static Grpc.Tests.OpenApi.LibraryDocument;

namespace Grpc.Tests.OpenApi;

public sealed class SchemaTests
{
    [Theory]
    [InlineData("copies", """{"type":"string","format":"uint64","pattern":"^[0-9]+$"}""")]
    [InlineData("weight", """{"type":"number","format":"double"}""")]
    [InlineData("height", """{"type":"number","format":"float"}""")]
    [InlineData("lent", """{"type":"boolean"}""")]
    [InlineData("printed", """{"type":"string","format":"date-time","readOnly":true}""")]
    [InlineData("loan", """{"type":"string","pattern":"^-?[0-9]+(\\.[0-9]{1,9})?s$"}""")]
    [InlineData("subtitle", """{"type":["string","null"]}""")]
    [InlineData("stars", """{"type":["string","null"],"format":"int64","pattern":"^-?[0-9]+$"}""")]
    [InlineData("extra", """{"type":"object","additionalProperties":true}""")]
    [InlineData("list", """{"type":"array","items":{}}""")]
    [InlineData("nothing", """{"type":"null"}""")]
    [InlineData("sequels", """{"type":"object","additionalProperties":{"$ref":"#/components/schemas/grpc.tests.openapi.Book"},"propertyNames":{"pattern":"^-?[0-9]+$"}}""")]
    [InlineData("labels", """{"type":"object","additionalProperties":{"type":"string"}}""")]
    [InlineData("subject", """{"$ref":"#/components/schemas/grpc.tests.openapi.Subject","description":"Whatitisabout."}""")]
    public void Property_Type_AsTheJsonCodecWritesIt(string name, string expected) => AssertJson(expected, Property(name));

    [Theory]
    [InlineData("name", """{"type":"string","minLength":1,"maxLength":255,"description":"Itsname.Atmost255bytesofUTF-8."}""")]
    [InlineData("pages", """{"type":"integer","format":"int32","minimum":1,"exclusiveMaximum":10000}""")]
    [InlineData("size", """{"type":"string","format":"int64","pattern":"^-?[0-9]+$","description":"Itssize.Atleast0andatmost1125899906842624."}""")]
    [InlineData("edition", """{"type":"integer","format":"uint32","minimum":0,"maximum":4294967295,"enum":[1,2]}""")]
    [InlineData("digest", """{"type":"string","contentEncoding":"base64","minLength":43,"maxLength":44,"description":"Exactly32bytes."}""")]
    [InlineData("authors", """{"type":"array","items":{"type":"string","maxLength":64,"pattern":"^[A-Z]"},"minItems":1,"maxItems":8,"uniqueItems":true}""")]
    [InlineData("pin", """{"type":"string","enum":["1","2"],"deprecated":true,"writeOnly":true}""")]
    public void Property_Rules_BecomeKeywordsOrASentence(string name, string expected) => AssertJson(expected, Property(name));

    [Fact]
    public void Property_Int64AsNumbers_HasBounds() => AssertJson(
        """{"type":"integer","format":"int64","minimum":0,"maximum":1125899906842624,"description":"Itssize."}""", Property("size", new GrpcJsonSettings()));

    [Fact]
    public void Message_RequiredFields_AreListed() => AssertJson("""["name"]""", Build().At("components", "schemas", LibraryDocument.Book)["required"]);

    [Fact]
    public void Message_Oneof_MembersExcludeEachOther()
    {
        AssertJson("""{"required":["shelf","box"]}""", Build().At("components", "schemas", LibraryDocument.Book)["not"]);
        Assert.Equal("In a box. At most one of `shelf`, `box` may be set.", (string?)Property("box")["description"]);
    }

    [Fact]
    public void Enum_Names_WithDescriptionsAndWithoutAliases() => AssertJson(
        """
        {"type":"string","enum":["SUBJECT_UNSPECIFIED","SUBJECT_SEA","SUBJECT_LAND","SUBJECT_AIR"],
        "description":"Whatabookisabout.\n\n-`SUBJECT_UNSPECIFIED`:Nothinginparticular.\n-`SUBJECT_SEA`:Thesea.\n-`SUBJECT_LAND`:Nocommentneeded.\n-`SUBJECT_AIR`:Deprecated.",
        "x-enum-descriptions":["Nothinginparticular.","Thesea.","Nocommentneeded.","Deprecated."]}
        """, Build().At("components", "schemas", "grpc.tests.openapi.Subject"));

    [Fact]
    public void Enum_AsIntegers_NumbersWithNames()
    {
        JsonNode subject = Build(new GrpcJsonSettings { WriteEnumsAsIntegers = true }).At("components", "schemas", "grpc.tests.openapi.Subject");
        AssertJson("[0,1,2,3]", subject["enum"]);
        Assert.Equal("SUBJECT_SEA", (string?)subject["x-enum-varnames"]![1]);
        Assert.Equal("integer", (string?)subject["type"]);
    }

    [Fact]
    public void Enum_WithoutPrefix_ShortNames() => AssertJson(
        """["UNSPECIFIED","SEA","LAND","AIR"]""",
        Build(new GrpcJsonSettings { RemoveEnumPrefix = true }).At("components", "schemas", "grpc.tests.openapi.Subject")["enum"]);

    [Fact]
    public void Components_AreNamedInFull() => Assert.Equal(
        ["google.protobuf.Empty", "google.rpc.Status", "grpc.tests.openapi.Book", "grpc.tests.openapi.ListBooksResponse", "grpc.tests.openapi.Subject", "StreamError"],
        Names(Build().At("components", "schemas")));
}
