using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>
/// A variable segment of a path: its name in the document, the field it fills (null for a bare wildcard), whether it may hold slashes, and
/// the path template, if the field takes more segments than this one.
/// </summary>
sealed record DocumentPathParameter(string Name, FieldDescriptor? Field, bool ManySegments, string? PartOf);

/// <summary>
/// A path template of google.api.http as OpenAPI writes paths. OpenAPI knows only variables of one segment, so a longer one is
/// expanded: <c>/v1/{name=shelves/*/books/*}</c> becomes <c>/v1/shelves/{name}/books/{name_1}</c>.
/// </summary>
sealed class DocumentPath
{
    readonly List<DocumentPathParameter> _parameters = [];

    public DocumentPath(string template, MessageDescriptor request)
    {
        RouteTemplate route = RouteTemplate.Parse(template);
        StringBuilder text = new();
        for (int i = 0; i < route.Segments.Count; i++)
        {
            TemplateVariable? variable = route.Variables.FirstOrDefault(variable => i >= variable.Start && i < variable.Start + variable.Length);
            text.Append('/').Append(route.Segments[i].Kind == SegmentKind.Literal
                ? Uri.EscapeDataString(route.Segments[i].Text) : Parameter(route, i, variable, request));
        }

        Text = (text.Length == 0 ? "/" : text.ToString()) + (route.Verb is { } verb ? $":{verb}" : "");
        BoundFields = [.. route.Variables.Select(variable => variable.FieldPath)];
    }

    DocumentPath(string text, List<DocumentPathParameter> parameters, IReadOnlyCollection<string> boundFields) =>
        (Text, _parameters, BoundFields) = (text, parameters, boundFields);

    public string Text { get; }

    public IReadOnlyList<DocumentPathParameter> Parameters => _parameters;

    /// <summary>Paths of the fields that the path fills, in .proto names: they are in neither body nor query.</summary>
    public IReadOnlyCollection<string> BoundFields { get; }

    /// <summary>A path without the names of its variables: two that are equal here are the same path to OpenAPI.</summary>
    public static string ShapeOf(string path) => string.Concat(path.Split('{').Select((part, i) => i == 0 ? part : "{" + part[part.IndexOf('}', StringComparison.Ordinal)..]));

    /// <summary>This path with the variables' names of another one of the same shape.</summary>
    public DocumentPath Renamed(string other)
    {
        string[] names = [.. other.Split('{').Skip(1).Select(part => part[..part.IndexOf('}', StringComparison.Ordinal)])];
        return new DocumentPath(other, [.. _parameters.Zip(names, (parameter, name) => parameter with { Name = name })], BoundFields);
    }

    string Parameter(RouteTemplate route, int segment, TemplateVariable? variable, MessageDescriptor request)
    {
        (FieldDescriptor? field, string name) = variable is null ? (null, "segment") : Resolve(variable.FieldPath, request);
        string unique = name;
        for (int n = 1; _parameters.Exists(parameter => parameter.Name == unique); n++)
        {
            unique = $"{name}_{n}";
        }

        bool many = route.Segments[segment].Kind == SegmentKind.Multi;
        _parameters.Add(new DocumentPathParameter(unique, field, many, variable is { Length: > 1 } ? route.Text : null));
        return $"{{{unique}}}";
    }

    static (FieldDescriptor Field, string JsonPath) Resolve(string path, MessageDescriptor request)
    {
        FieldDescriptor? field = null;
        List<string> names = [];
        foreach (string step in path.Split('.'))
        {
            field = (field is null ? request : field.MessageType).FindFieldByName(step)
                ?? throw new InvalidOperationException($"{request.FullName} has no field {path}, which a path template names.");
            names.Add(field.JsonName);
        }

        return (field!, string.Join('.', names));
    }
}
