using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

namespace Grpc.Tests.Transcoding;

public sealed class RouteTableTests
{
    static readonly RouteTable<string> s_table = Table(
        ("A", "GET", "/v1/{name=shelves/*/books/*}"), ("B", "GET", "/v1/files/{path=**}"), ("C", "GET", "/v1/items/{id}"),
        ("D", "POST", "/v1/items"), ("E", "PATCH", "/v1/items/{item.id}"), ("F", "POST", "/v1/items/{id}:archive"),
        ("G", "GET", "/v1/items"), ("H", "GET", "/v1/items/{id}/tags"), ("W", "GET", "/v1/items:watch"), ("N", "GET", "/v1/items/new"),
        ("X", "GET", "/v1/files/{path=**}/info"), ("Y", "*", "/v1/any"), ("Z", "GET", "/v1/a%20b"), ("R", "GET", "/"));

    static RouteTable<string> Table(params (string Name, string Method, string Template)[] routes) =>
        new(routes.Select(route => new Route<string>(route.Method, RouteTemplate.Parse(route.Template), route.Name)));

    [Theory]
    [InlineData("GET", "/a/{x}", "GET", "/a/{y}", true)]
    [InlineData("GET", "/a/{x}", "GET", "/a/*", true)]
    [InlineData("GET", "/a/{x=**}:v", "GET", "/a/**:v", true)]
    [InlineData("*", "/a", "*", "/a", true)]
    [InlineData("GET", "/a/%62", "GET", "/a/b", true)]
    [InlineData("GET", "/a", "*", "/a", false)]
    [InlineData("GET", "/a", "PUT", "/a", false)]
    [InlineData("GET", "/a", "GET", "/A", false)]
    [InlineData("GET", "/a:v", "GET", "/a", false)]
    [InlineData("GET", "/a:v", "GET", "/a:w", false)]
    [InlineData("GET", "/a/*", "GET", "/a/**", false)]
    [InlineData("GET", "/a/{x}", "GET", "/a/b", false)]
    public void Table_RoutesForTheSameRequests_Clash(string firstMethod, string first, string secondMethod, string second, bool clash)
    {
        var clashes = Table(("first", firstMethod, first), ("second", secondMethod, second)).Clashes;

        Assert.Equal(clash ? [("first", "second")] : [], clashes.Select(pair => (pair.First.Target, pair.Hidden.Target)));
    }

    [Theory]
    [InlineData("GET", "/v1/shelves/1/books/2", "A", "shelves/1/books/2")]
    [InlineData("GET", "/v1/shelves/a%2Fb/books/c%20d", "A", "shelves/a%2Fb/books/c d")]
    [InlineData("GET", "/v1/files/a/b%20c", "B", "a/b c")]
    [InlineData("GET", "/v1/files/a%2fb%252F", "B", "a%2fb%2F")]
    [InlineData("GET", "/v1/files", "B", "")]
    [InlineData("GET", "/v1/files/info", "X", "")]
    [InlineData("GET", "/v1/files/a/b/info", "X", "a/b")]
    [InlineData("GET", "/v1/files/a/info/b", "B", "a/info/b")]
    [InlineData("GET", "/v1/items/a%2Fb", "C", "a/b")]
    [InlineData("GET", "/v1/items/a%252Fb", "C", "a%2Fb")]
    [InlineData("GET", "/v1/items/caf%C3%A9", "C", "café")]
    [InlineData("GET", "/v1/items/a+b", "C", "a+b")]
    [InlineData("GET", "/v1/items/x%3Aarchive", "C", "x:archive")]
    [InlineData("GET", "/v1/items/x:archive", "C", "x:archive")]
    [InlineData("POST", "/v1/items/x:archive", "F", "x")]
    [InlineData("POST", "/v1/items/a:b:archive", "F", "a:b")]
    [InlineData("GET", "/v1/items:watch", "W", null)]
    [InlineData("GET", "/v1/items/new", "N", null)]
    [InlineData("GET", "/v1/items/ne%77", "N", null)]
    [InlineData("GET", "/v1/x/../items/y", "C", "y")]
    [InlineData("GET", "/v1/items/x/%2E%2e/y", "C", "y")]
    [InlineData("PURGE", "/v1/any", "Y", null)]
    [InlineData("GET", "/v1/a%20b", "Z", null)]
    [InlineData("GET", "/", "R", null)]
    public void Find_Path_LeadsToTheRoute(string method, string path, string route, string? value)
    {
        var result = s_table.Find(method, path);

        Assert.Equal(route, result.Route?.Target);
        Assert.False(result.IsMalformed);
        Assert.Equal(value is null ? [] : [value], result.Values);
    }

    [Theory]
    [InlineData("/v1/shelves/1/books")]
    [InlineData("/v1/shelves/1/books/2/x")]
    [InlineData("/v1/items/")]
    [InlineData("/v1/items/x/")]
    [InlineData("/v1/files/")]
    [InlineData("/v1/files//a")]
    [InlineData("/V1/ITEMS/x")]
    [InlineData("/v1/items//tags")]
    [InlineData("/v1/items/x/..")]
    [InlineData("v1/items/x")]
    [InlineData("*")]
    [InlineData("/v1")]
    public void Find_UnknownPath_IsNothing(string path)
    {
        var result = s_table.Find("GET", path);

        Assert.Null(result.Route);
        Assert.Null(result.Allow);
    }

    [Theory]
    [InlineData("DELETE", "/v1/items", "GET, POST")]
    [InlineData("POST", "/v1/items/x:other", "GET, PATCH")]
    [InlineData("get", "/v1/items", "GET, POST")]
    public void Find_OtherMethod_SaysWhatIsAllowed(string method, string path, string allow)
    {
        var result = s_table.Find(method, path);

        Assert.Null(result.Route);
        Assert.Equal(allow, result.Allow);
    }

    [Theory]
    [InlineData("/v1/items/%zz")]
    [InlineData("/v1/items/%E9")]
    [InlineData("/v1/items/%0")]
    [InlineData("/v1/files/a/%C3%28")]
    [InlineData("/v1/items/%00")]
    public void Find_BrokenEscape_IsMalformed(string path) => Assert.True(s_table.Find("GET", path).IsMalformed);

    [Theory]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("/v1//x")]
    [InlineData("/v1/")]
    [InlineData("/v1/{}")]
    [InlineData("/v1/{a={b}}")]
    [InlineData("/v1/{a")]
    [InlineData("/v1/x{a}")]
    [InlineData("/v1/{a}x")]
    [InlineData("/v1/{a=**}/{b=**}")]
    [InlineData("/v1/{a}/{a}")]
    [InlineData("/v1/{1a}")]
    [InlineData("/v1/{a..b}")]
    [InlineData("/v1:")]
    [InlineData("/v1:x/y")]
    [InlineData("/v1/***")]
    [InlineData("/v1/%E9")]
    public void Parse_Malformed_Throws(string template) => Assert.Throws<FormatException>(() => RouteTemplate.Parse(template));

    [Theory]
    [InlineData("v1", 0, "expected '/'")]
    [InlineData("/v1//x", 4, "a segment must not be empty")]
    [InlineData("/v1/{a={b}}", 8, "variables do not nest")]
    [InlineData("/v1/{a", 6, "expected '}'")]
    [InlineData("/v1/{1a}", 7, "a variable names a field path")]
    [InlineData("/v1/x{a}", 5, "a segment is a literal, *, ** or a variable as a whole")]
    [InlineData("/v1/{a}/{a}", 10, "a field is captured once only")]
    [InlineData("/v1/{a=**}/{b=**}", 17, "** may stand once only")]
    [InlineData("/v1:", 4, "a verb must not be empty")]
    [InlineData("/v1:x/y", 5, "nothing may follow")]
    [InlineData("/v1/%E9", 7, "a segment is not percent-encoded UTF-8")]
    public void Parse_Malformed_SaysWhereAndWhy(string template, int at, string problem)
    {
        var error = Assert.Throws<FormatException>(() => RouteTemplate.Parse(template));

        Assert.Equal($"The path template \"{template}\" is wrong at {at}: {problem}.", error.Message);
    }

    [Fact]
    public void Find_RandomRoutesAndPaths_AgreesWithASlowOracle()
    {
        var part = Gen.Elements("a", "b", "*", "{x}", "{y=a/*}");
        var verb = Gen.Elements("", "", ":v", ":w");
        var template =
            from before in part.ListOf()
            from multi in Gen.Elements("", "", "**", "{z=**}", "{z=a/**}")
            from after in multi.Length > 0 ? part.ListOf() : Gen.Constant(new List<string>())
            from end in verb
            let parts = before.Take(3).Append(multi).Concat(after.Take(2)).Where(text => text.Length > 0).ToList()
            where parts.Count > 0 && parts.Count(text => text[0] == '{') == parts.Where(text => text[0] == '{').Distinct().Count()
            select "/" + string.Join('/', parts) + end;
        var segment = Gen.Elements("a", "b", "c", "a", "b", "", "a:v", "b:w", "c:v:w", "%61", "%2F", "%zz");
        var sample =
            from templates in template.ListOf(5)
            from methods in Gen.Elements("GET", "POST", "*").ListOf(5)
            from path in segment.ListOf()
            from method in Gen.Elements("GET", "POST")
            select (Routes: templates.Zip(methods).ToList(), Method: method, Path: "/" + string.Join('/', path.Take(6)));

        Prop.ForAll(sample.ToArbitrary(), input =>
        {
            var routes = input.Routes.Select((route, index) => ($"{index}", route.Second, route.First)).ToArray();
            var result = Table(routes).Find(input.Method, input.Path);
            var expected = RouteOracle.Find(routes, input.Method, input.Path);
            return (expected == (result.Route?.Target, string.Join("|", result.Values), result.Allow, result.IsMalformed))
                .Label($"expected {expected}, got {(result.Route?.Target, string.Join("|", result.Values), result.Allow, result.IsMalformed)}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }
}
