using Google.Api;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Grpc.Tests.Transcoding;

/// <summary>Rules that do not fit their method are refused when it is mapped, with the reason.</summary>
public sealed class HttpBindingTests
{
    static readonly JsonCodec s_codec = new(new());

    static HttpBinding Bind(HttpRule rule, string method = "ListItems") =>
        new(rule, Library.Descriptor.FindMethodByName(method), s_codec, maxDepth: 3);

    public static TheoryData<string, string, string> WrongRules => new()
    {
        { """{"body":"*"}""", "ListItems", "it has no path" },
        { """{"get":"v1"}""", "ListItems", "The path template \"v1\" is wrong at 0: expected '/'." },
        { """{"get":"/v1/{nope}"}""", "ListItems", "its path variable nope is no field of grpc.tests.transcoding.Query that one text sets" },
        { """{"get":"/v1/{tag}"}""", "ListItems", "its path variable tag is no field of grpc.tests.transcoding.Query that one text sets" },
        { """{"get":"/v1/{labels}"}""", "ListItems", "its path variable labels is no field of grpc.tests.transcoding.Query that one text sets" },
        { """{"get":"/v1/{filter}"}""", "ListItems", "its path variable filter is no field of grpc.tests.transcoding.Query that one text sets" },
        { """{"get":"/v1/{items.id}"}""", "ListItems", "its path variable items.id is no field of grpc.tests.transcoding.Query that one text sets" },
        { """{"get":"/v1/{filter.owner.friend.name}"}""", "ListItems", "its path variable filter.owner.friend.name is no field of grpc.tests.transcoding.Query that one text sets" },
        { """{"post":"/v1","body":"nope"}""", "ListItems", "its body nope is no field of grpc.tests.transcoding.Query" },
        { """{"get":"/v1","responseBody":"nope"}""", "GetTags", "its response_body nope is no field of grpc.tests.transcoding.Item" },
    };

    [Theory]
    [MemberData(nameof(WrongRules))]
    public void Bind_RuleThatDoesNotFit_SaysWhy(string rule, string method, string problem)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Bind(HttpRule.Parser.ParseJson(rule), method));

        Assert.StartsWith($"The google.api.http rule of grpc.tests.transcoding.Library.{method} is wrong: {problem}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"get":"/a"}""", "GET", "/a")]
    [InlineData("""{"put":"/b"}""", "PUT", "/b")]
    [InlineData("""{"post":"/c"}""", "POST", "/c")]
    [InlineData("""{"delete":"/d"}""", "DELETE", "/d")]
    [InlineData("""{"patch":"/e"}""", "PATCH", "/e")]
    [InlineData("""{"custom":{"kind":"lend","path":"/f"}}""", "LEND", "/f")]
    public void Bind_Pattern_IsMethodAndPath(string rule, string verb, string path)
    {
        var binding = Bind(HttpRule.Parser.ParseJson(rule));

        Assert.Equal((verb, path, false, false), (binding.Verb, binding.Template.Text, binding.HasBody, binding.BodyIsWhole));
    }

    [Fact]
    public void Bind_UpdateMask_OnlyForThePatchOfAMessage()
    {
        Assert.NotNull(Bind(new() { Patch = "/a", Body = "item" }, "UpdateItem").UpdateMask);
        Assert.Null(Bind(new() { Put = "/a", Body = "item" }, "UpdateItem").UpdateMask);
        Assert.Null(Bind(new() { Patch = "/a", Body = "*" }, "UpdateItem").UpdateMask);
        Assert.Null(Bind(new() { Patch = "/a", Body = "items" }).UpdateMask);
        Assert.Null(Bind(new() { Patch = "/a", Body = "owner" }, "CreateItem").UpdateMask);
    }

    [Fact]
    public void Bind_HttpBody_IsFoundOnEitherSide()
    {
        var whole = Bind(new() { Post = "/a", Body = "*" }, "UploadRaw");
        Assert.True(whole.BodyIsBytes && whole.ResponseIsBytes && whole.BodyIsWhole && whole.HasBody);
        var field = Bind(new() { Post = "/a", Body = "file" }, "Upload");
        Assert.True(field.BodyIsBytes && !field.ResponseIsBytes && !field.BodyIsWhole && field.HasBody);
        Assert.False(Bind(new() { Post = "/a", Body = "*" }, "Upload").BodyIsBytes);
    }

    [Theory]
    [InlineData("a.b", "Unknown", "")]
    [InlineData("filter.owner", "NotText", "")]
    [InlineData("filter.owner.name", "None", "filter.owner.name")]
    [InlineData("filter.owner.friend.name", "TooDeep", "")]
    [InlineData("page_size", "None", "pageSize")]
    [InlineData("labels", "NotText", "")]
    [InlineData("labels[a[b]", "None", "labels[a[b]")]
    [InlineData("pageSize[a]", "NotText", "")]
    [InlineData("[a]", "Unknown", "")]
    [InlineData("", "Unknown", "")]
    [InlineData("q.x", "Unknown", "")]
    [InlineData("dur.seconds", "Unknown", "")]
    public void Resolve_Path_LeadsToAField(string text, string problem, string name)
    {
        var found = FieldPath.TryResolve(s_codec.Shapes.For(Query.Descriptor), text, maxDepth: 3, out var path);

        Assert.Equal(Enum.Parse<FieldPathProblem>(problem), found);
        Assert.True(found != FieldPathProblem.None || path.Name == name, path?.Name);
    }
}
