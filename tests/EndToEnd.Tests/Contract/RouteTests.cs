using Google.Api;
using Google.Protobuf.Reflection;
using P2P.Contracts.CatalogV1;
using P2P.Contracts.DirectoryV1;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Contract;

/// <summary>No breaking-change check notices that a path changed; this snapshot does.</summary>
public sealed class RouteTests
{
    static readonly string Snapshot = Path.Combine(ForeignTool.RepositoryRoot, "tests", "EndToEnd.Tests", "Contract", "routes.txt");

    static IEnumerable<MethodDescriptor> Methods =>
        new[] { DirectoryReflection.Descriptor, CatalogReflection.Descriptor }
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods);

    [Fact]
    public void Routes_OfWholeContract_EqualSnapshot() =>
        Assert.Equal(File.ReadAllText(Snapshot), string.Concat(Methods.SelectMany(Routes).Select(route => route + "\n")));

    [Fact]
    public void Methods_ThatAreNotBidirectional_HaveARoute() =>
        Assert.All(Methods, method => Assert.Equal(method.IsClientStreaming && method.IsServerStreaming, !Routes(method).Any()));

    static IEnumerable<string> Routes(MethodDescriptor method)
    {
        var rule = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        return rule is null ? [] : new[] { rule }.Concat(rule.AdditionalBindings).Select(binding => Line(method, binding));
    }

    static string Line(MethodDescriptor method, HttpRule rule)
    {
        var (verb, path) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
            HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
            HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
            HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
            HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
            _ => (rule.Custom.Kind, rule.Custom.Path),
        };
        var input = method.IsClientStreaming ? "stream " : "";
        var output = method.IsServerStreaming ? "stream " : "";
        return $"{verb} {path} body={rule.Body} {method.FullName} ({input}{method.InputType.FullName}) ({output}{method.OutputType.FullName})";
    }
}
