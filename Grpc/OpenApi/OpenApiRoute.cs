using Google.Api;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

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
    internal (string Verb, string Template) Target => HttpBinding.Pattern(Rule) is var (verb, path) ? (verb.ToLowerInvariant(), path) : ("", "");
}
