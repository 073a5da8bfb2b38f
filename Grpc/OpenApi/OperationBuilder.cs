namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>An operation: where each field of the request goes, and what comes back.</summary>
sealed class OperationBuilder(SchemaBuilder schemas, GrpcOpenApiOptions options, Func<ServiceDescriptor, string> tagOf)
{
    const string Json = "application/json";
    const string Lines = "application/x-ndjson";
    const string Events = "text/event-stream";
    const string AnyType = "*/*";

    public JsonObject Build(OpenApiRoute route, string id, DocumentPath path)
    {
        MethodDescriptor method = route.Method;
        string? comment = options.Comments.Of(method);
        (string summary, string rest) = ProtoComments.Split(comment ?? method.Name);
        JsonObject bearer = new() { ["bearer"] = new JsonArray() };
        JsonObject operation = new JsonObject { ["operationId"] = id, ["tags"] = new JsonArray(tagOf(method.Service)), ["summary"] = summary }
            .With("description", rest.OrNone())
            .With("deprecated", method.GetOptions()?.Deprecated == true || method.Service.GetOptions()?.Deprecated == true)
            .With("parameters", new JsonArray([.. Parameters(route, path)]))
            .With("requestBody", route.Rule.Body.Length > 0 ? RequestBody(route, path) : null);
        operation["responses"] = Responses(route, comment);
        operation["security"] = route.Tokens switch
        {
            TokenUse.Required => new JsonArray(bearer),
            TokenUse.Optional => new JsonArray(new JsonObject(), bearer),
            _ => new JsonArray(),
        };
        operation["x-grpc-method"] = $"{method.Service.FullName}/{method.Name}";
        return operation;
    }

    IEnumerable<JsonObject> Parameters(OpenApiRoute route, DocumentPath path)
    {
        foreach (DocumentPathParameter parameter in path.Parameters)
        {
            JsonObject schema = parameter.Field is null ? new JsonObject { ["type"] = "string" } : schemas.Field(parameter.Field);
            string? text = Detach(schema);
            if (parameter.PartOf is not null)
            {
                // The field's own rules are about the whole.
                schema = new JsonObject { ["type"] = "string", ["pattern"] = parameter.ManySegments ? "^.*$" : "^[^/]+$" }
                    .With("deprecated", schema.ContainsKey("deprecated"));
                text = $"{text} A part of `{parameter.PartOf}`.";
            }

            string note = parameter.ManySegments ? "It may hold slashes." : "";
            yield return Parameter(parameter.Name, "path", true, $"{text} {note}".Trim(), schema);
        }

        if (route.Rule.Body == "*")
        {
            yield break;
        }

        HashSet<string> bound = [.. path.BoundFields, route.Rule.Body];
        foreach (JsonObject parameter in QueryParameters(route.Method.InputType, "", "", bound, []))
        {
            yield return parameter;
        }
    }

    /// <summary>The fields of a message as query parameters; those of messages in it by dotted names, one level of a type that contains itself.</summary>
    IEnumerable<JsonObject> QueryParameters(MessageDescriptor message, string prefix, string protoPrefix, HashSet<string> bound, HashSet<MessageDescriptor> open)
    {
        open.Add(message);
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder().Where(field => !bound.Contains(protoPrefix + field.Name)))
        {
            FieldDescriptor value = field.IsMap ? field.MessageType.FindFieldByNumber(2) : field;
            bool isMessage = value.FieldType is FieldType.Message or FieldType.Group && !IsText(value.MessageType);
            if (!isMessage)
            {
                yield return QueryParameter(field, prefix);
            }
            else if (!field.IsRepeated && WellKnownSchema.Of(field.MessageType) is null && !open.Contains(field.MessageType))
            {
                foreach (JsonObject inner in QueryParameters(field.MessageType, $"{prefix}{field.JsonName}.", $"{protoPrefix}{field.Name}.", bound, open))
                {
                    yield return inner;
                }
            }
        }

        open.Remove(message);
    }

    JsonObject QueryParameter(FieldDescriptor field, string prefix)
    {
        JsonObject schema = schemas.Field(field);
        string? text = Detach(schema);
        bool required = prefix.Length == 0 && FieldRuleSchema.IsRequired(field);
        JsonObject parameter = Parameter(prefix + field.JsonName, "query", required, text, schema);
        if (field.IsRepeated)
        {
            // Lists repeat the name; entries of a map are name[key]=value.
            parameter["style"] = field.IsMap ? "deepObject" : "form";
            parameter["explode"] = true;
        }

        return parameter;
    }

    /// <summary>Messages whose JSON is one string or number may stand in a query.</summary>
    static bool IsText(MessageDescriptor message) => WellKnownSchema.Wrapped(message) is not null
        || message.FullName is "google.protobuf.Timestamp" or "google.protobuf.Duration" or "google.protobuf.FieldMask";

    static JsonObject Parameter(string name, string place, bool required, string? description, JsonObject schema) =>
        new JsonObject { ["name"] = name, ["in"] = place }
            .With("required", required)
            .With("description", description.OrNone())
            .With("deprecated", schema.Remove("deprecated"))
            .With("schema", schema);

    /// <summary>A parameter says for itself what its field means.</summary>
    static string? Detach(JsonObject schema) => schema.Remove("description", out JsonNode? text) ? (string?)text : null;

    JsonObject RequestBody(OpenApiRoute route, DocumentPath path)
    {
        MessageDescriptor request = route.Method.InputType;
        FieldDescriptor? field = route.Rule.Body == "*" ? null : request.FindFieldByName(route.Rule.Body);
        IReadOnlyCollection<string> without = field is null ? path.BoundFields
            : [.. path.BoundFields.Where(bound => bound.StartsWith(field.Name + ".", StringComparison.Ordinal)).Select(bound => bound[(field.Name.Length + 1)..])];
        bool raw = IsRaw(field is null ? request : field.IsRepeated || field.FieldType != FieldType.Message ? null : field.MessageType);
        JsonObject schema = raw ? WellKnownSchema.Binary() : field is null ? schemas.MessageWithout(request, without) : schemas.Field(field, without);
        JsonObject media = new JsonObject { ["schema"] = schema }
            .With("example", options.Examples.TryGetValue(route.Method.FullName, out JsonNode? example) ? example.DeepClone() : null);
        string type = raw ? AnyType : route.Method.IsClientStreaming ? Lines : Json;
        return new JsonObject { ["required"] = true, ["content"] = new JsonObject { [type] = media } }
            .With("description", route.Method.IsClientStreaming && !raw ? "One JSON object a line, each of this schema." : null);
    }

    JsonObject Responses(OpenApiRoute route, string? comment)
    {
        bool isHead = route.Target.Verb == "head";
        JsonObject success = isHead ? new JsonObject { ["description"] = "What GET answers, without the body." } : Success(route);
        return new JsonObject(Errors.Of(comment, route.Tokens)
            .Select(pair => isHead ? KeyValuePair.Create<string, JsonNode?>(pair.Key, WithoutBody(pair.Value!)) : pair)
            .Prepend(KeyValuePair.Create<string, JsonNode?>("200", success)));
    }

    static JsonObject WithoutBody(JsonNode response) => new() { ["description"] = (string?)response["description"] ?? "The call failed." };

    JsonObject Success(OpenApiRoute route)
    {
        MethodDescriptor method = route.Method;
        FieldDescriptor? field = route.Rule.ResponseBody.Length == 0 ? null : method.OutputType.FindFieldByName(route.Rule.ResponseBody);
        if (IsRaw(field is null ? method.OutputType : null))
        {
            return Response(method.IsServerStreaming ? "The bytes and nothing else, as they come." : "The bytes.", (AnyType, WellKnownSchema.Binary()));
        }

        JsonObject schema = field is null ? schemas.Message(method.OutputType) : schemas.Field(field);
        return method.IsServerStreaming
            ? Response(
                "A stream: one JSON object a line, or with `Accept: text/event-stream` one an event. A failure after the first is the last line, or an event named `error`.",
                (Lines, Errors.OrError(schema)), (Events, new JsonObject { ["type"] = "string" }))
            : Response(schemas.LeavesOutDefaults ? "OK. What is not there has its default." : "OK.", (Json, schema));
    }

    static JsonObject Response(string description, params (string Type, JsonObject Schema)[] media) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject(media.Select(one => KeyValuePair.Create<string, JsonNode?>(one.Type, new JsonObject { ["schema"] = one.Schema }))),
    };

    static bool IsRaw(MessageDescriptor? message) => message?.FullName == WellKnownSchema.HttpBody;
}
