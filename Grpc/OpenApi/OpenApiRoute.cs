using Google.Api;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>One way to reach a method over HTTP.</summary>
/// <param name="Method">The method.</param>
/// <param name="Rule">Its rule; an additional binding is a route of its own.</param>
/// <param name="Tokens">Whether it takes a bearer token.</param>
public sealed record OpenApiRoute(MethodDescriptor Method, HttpRule Rule, TokenUse Tokens = TokenUse.None)
{
    /// <summary>The routes that the annotations of services say, in order of declaration. Bidirectional calls have none.</summary>
    public static IEnumerable<OpenApiRoute> Of(IEnumerable<ServiceDescriptor> services) =>
        from service in services
        from method in service.Methods
        let rule = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http)
        where rule is not null && !(method.IsClientStreaming && method.IsServerStreaming)
        from binding in rule.AdditionalBindings.Prepend(rule)
        select new OpenApiRoute(method, binding);

    /// <summary>The HTTP method in lower case, and the path template.</summary>
    internal (string Verb, string Template) Target => Rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => ("get", Rule.Get),
        HttpRule.PatternOneofCase.Put => ("put", Rule.Put),
        HttpRule.PatternOneofCase.Post => ("post", Rule.Post),
        HttpRule.PatternOneofCase.Delete => ("delete", Rule.Delete),
        HttpRule.PatternOneofCase.Patch => ("patch", Rule.Patch),
        HttpRule.PatternOneofCase.Custom => (Rule.Custom.Kind.ToLowerInvariant(), Rule.Custom.Path),
        _ => ("", ""),
    };
}
