namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>
/// Builds the OpenAPI 3.1 document of some routes. Pure: the same input gives the same document, member by member.
/// 1. Each route becomes an operation at its path; paths are sorted, verbs stand in the order of <see cref="s_verbs"/>.
/// 2. Two paths that differ in the names of their variables are one path to OpenAPI: the second takes the names of the first.
/// 3. What OpenAPI has no place for (other verbs, a second operation at a place) is listed under <c>x-omitted-routes</c>, never dropped silently.
/// 4. Schemas that operations refer to become components under their full names.
/// </summary>
public static class OpenApiDocumentBuilder
{
    static readonly string[] s_verbs = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    public static JsonObject Build(IEnumerable<OpenApiRoute> routes, GrpcJsonSettings settings, GrpcOpenApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(options);
        List<OpenApiRoute> included = [.. routes.Where(route => options.Include(route.Method))];
        List<ServiceDescriptor> services = [.. included.Select(route => route.Method.Service).Distinct()];
        SchemaBuilder schemas = new(settings, options.Comments);
        OperationBuilder operations = new(schemas, options, service => TagOf(service, services));
        SortedDictionary<string, Dictionary<string, JsonObject>> paths = new(StringComparer.Ordinal);
        JsonArray omitted = [];
        foreach ((OpenApiRoute route, string id) in Identified(included))
        {
            (string verb, string template) = route.Target;
            DocumentPath path = new(template, route.Method.InputType);
            string? known = paths.Keys.FirstOrDefault(other => DocumentPath.ShapeOf(other) == DocumentPath.ShapeOf(path.Text));
            Dictionary<string, JsonObject> verbs = paths.GetValueOrDefault(known ?? path.Text) ?? (paths[path.Text] = []);
            if (!s_verbs.Contains(verb) || verbs.ContainsKey(verb))
            {
                omitted.Add((JsonNode)$"{verb.ToUpperInvariant()} {template}");
                continue;
            }

            verbs[verb] = operations.Build(route, id, known is null ? path : path.Renamed(known));
        }

        return Document(options, services, included.Exists(route => route.Tokens != TokenUse.None), Paths(paths), schemas, omitted);
    }

    /// <summary>Service_Method for a method's first route, Service_Method_2 and so on for its others.</summary>
    static IEnumerable<(OpenApiRoute, string)> Identified(List<OpenApiRoute> routes)
    {
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        foreach (OpenApiRoute route in routes)
        {
            string id = $"{TagOf(route.Method.Service, [.. routes.Select(other => other.Method.Service)]).Replace('.', '_')}_{route.Method.Name}";
            int n = seen[id] = seen.GetValueOrDefault(id) + 1;
            yield return (route, n == 1 ? id : $"{id}_{n}");
        }
    }

    /// <summary>The short name, unless another service has the same.</summary>
    static string TagOf(ServiceDescriptor service, List<ServiceDescriptor> all) =>
        all.Exists(other => other != service && other.Name == service.Name) ? service.FullName : service.Name;

    static JsonObject Paths(SortedDictionary<string, Dictionary<string, JsonObject>> paths)
    {
        JsonObject result = [];
        foreach ((string path, Dictionary<string, JsonObject> verbs) in paths.Where(pair => pair.Value.Count > 0))
        {
            result[path] = new JsonObject(s_verbs.Where(verbs.ContainsKey).Select(verb => KeyValuePair.Create<string, JsonNode?>(verb, verbs[verb])));
        }

        return result;
    }

    static JsonObject Document(
        GrpcOpenApiOptions options, List<ServiceDescriptor> services, bool tokens, JsonObject paths, SchemaBuilder schemas, JsonArray omitted)
    {
        JsonObject bearer = new() { ["type"] = "http", ["scheme"] = "bearer", ["description"] = options.TokenDescription };
        JsonObject components = new() { ["schemas"] = Errors.Components(schemas), ["responses"] = Errors.Responses() };
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = Info(options),
            ["servers"] = new JsonArray([.. options.Servers.Select(server => server.OriginalString).DefaultIfEmpty("/").Select(url => new JsonObject { ["url"] = url })]),
            ["tags"] = new JsonArray([.. services.Select(service => Tag(service, TagOf(service, services), options.Comments))]),
            ["paths"] = paths,
            ["components"] = components.With("securitySchemes", tokens ? new JsonObject { ["bearer"] = bearer } : null),
        }.With("x-omitted-routes", omitted);
    }

    static JsonObject Info(GrpcOpenApiOptions options) => new JsonObject { ["title"] = options.Title, ["version"] = options.Version }
        .With("description", options.Description)
        .With("contact", options.Contact is var (name, url) ? new JsonObject { ["name"] = name, ["url"] = url.OriginalString } : null)
        .With("license", options.License is { } license ? new JsonObject { ["name"] = license, ["identifier"] = license } : null);

    static JsonObject Tag(ServiceDescriptor service, string name, ProtoComments comments) =>
        new JsonObject { ["name"] = name }.With("description", comments.Of(service));
}
