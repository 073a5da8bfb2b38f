using Google.Api;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>One HTTP rule of a method, checked against its messages: where the parts of the request go and what the answer shows.</summary>
sealed class HttpBinding
{
    /// <exception cref="InvalidOperationException">The rule does not fit the method; the message says why.</exception>
    public HttpBinding(HttpRule rule, MethodDescriptor method, JsonCodec codec, int maxDepth)
    {
        (Verb, var path) = Pattern(rule) ?? throw Wrong(method, "it has no path");
        Request = codec.Shapes.For(method.InputType);
        Response = codec.Shapes.For(method.OutputType);
        Template = ParseTemplate(method, path);
        Variables = [.. Template.Variables.Select(variable => Variable(method, variable.FieldPath, maxDepth))];
        BodyIsWhole = rule.Body == "*";
        BodyField = rule.Body is "" or "*" ? null : Field(method, Request, rule.Body, "body");
        ResponseField = rule.ResponseBody.Length == 0 ? null : Field(method, Response, rule.ResponseBody, "response_body");
        BodyIsBytes = IsHttpBody(BodyIsWhole ? Request.Descriptor : MessageOf(BodyField));
        ResponseIsBytes = IsHttpBody(ResponseField is null ? Response.Descriptor : MessageOf(ResponseField));
        UpdateMask = Verb == "PATCH" && MessageOf(BodyField) is not null ? SingleMask(Request) : null;
    }

    /// <summary>The HTTP method in upper case, or *.</summary>
    public string Verb { get; }

    public RouteTemplate Template { get; }

    public MessageShape Request { get; }

    public MessageShape Response { get; }

    /// <summary>The fields that the template's variables set, in their order.</summary>
    public FieldPath[] Variables { get; }

    /// <summary>The body is the whole request, less what the path sets.</summary>
    public bool BodyIsWhole { get; }

    /// <summary>The field that the body is, or null.</summary>
    public FieldShape? BodyField { get; }

    /// <summary>The body is a google.api.HttpBody: bytes of any type.</summary>
    public bool BodyIsBytes { get; }

    /// <summary>The field that the answer shows; null for the whole response.</summary>
    public FieldShape? ResponseField { get; }

    /// <summary>The answer is a google.api.HttpBody.</summary>
    public bool ResponseIsBytes { get; }

    /// <summary>The mask that a PATCH without one gets: the paths of the fields that its body names. Null where there is none to fill.</summary>
    public FieldShape? UpdateMask { get; }

    public bool HasBody => BodyIsWhole || BodyField is not null;

    /// <summary>The google.api.HttpBody that a response is or holds.</summary>
    public HttpBody BodyOf(IMessage response) =>
        (HttpBody?)(ResponseField is null ? response : ResponseField.Accessor.GetValue(response)) ?? new HttpBody();

    /// <summary>The HTTP method and the path of a rule; null for one without.</summary>
    public static (string Verb, string Path)? Pattern(HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
        HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
        HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
        HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
        HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
        HttpRule.PatternOneofCase.Custom => (rule.Custom.Kind.ToUpperInvariant(), rule.Custom.Path),
        _ => null,
    };

    static RouteTemplate ParseTemplate(MethodDescriptor method, string path)
    {
        try
        {
            return RouteTemplate.Parse(path);
        }
        catch (FormatException error)
        {
            throw Wrong(method, error.Message);
        }
    }

    FieldPath Variable(MethodDescriptor method, string name, int maxDepth)
    {
        var problem = FieldPath.TryResolve(Request, name, maxDepth, out var path);
        if (problem != FieldPathProblem.None || path.Last.IsRepeated)
        {
            throw Wrong(method, $"its path variable {name} is no field of {Request.Descriptor.FullName} that one text sets");
        }
        return path;
    }

    static FieldShape Field(MethodDescriptor method, MessageShape shape, string name, string role) =>
        Array.Find(shape.Fields, field => field.Field.Name == name)
        ?? throw Wrong(method, $"its {role} {name} is no field of {shape.Descriptor.FullName}");

    static MessageDescriptor? MessageOf(FieldShape? field) =>
        field is { Type: FieldType.Message, IsRepeated: false } ? field.Field.MessageType : null;

    static bool IsHttpBody(MessageDescriptor? type) => type?.FullName == HttpBody.Descriptor.FullName;

    static FieldShape? SingleMask(MessageShape shape)
    {
        var masks = Array.FindAll(
            shape.Fields, field => field is { Type: FieldType.Message, IsRepeated: false } && field.Message.Kind == MessageKind.FieldMask);
        return masks.Length == 1 ? masks[0] : null;
    }

    static InvalidOperationException Wrong(MethodDescriptor method, string problem) =>
        new($"The google.api.http rule of {method.FullName} is wrong: {problem}.");
}
