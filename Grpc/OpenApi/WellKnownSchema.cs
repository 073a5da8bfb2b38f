namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>Messages whose JSON is not an object of their fields.</summary>
static class WellKnownSchema
{
    public const string HttpBody = "google.api.HttpBody";

    /// <summary>The schema, or null for an ordinary message.</summary>
    public static JsonObject? Of(MessageDescriptor message) => message.FullName switch
    {
        "google.protobuf.Timestamp" => Text("format", "date-time"),
        "google.protobuf.Duration" => Text("pattern", @"^-?[0-9]+(\.[0-9]{1,9})?s$"),
        "google.protobuf.FieldMask" => new JsonObject { ["type"] = "string", ["description"] = "Field paths, separated by commas." },
        "google.protobuf.Struct" => new JsonObject { ["type"] = "object", ["additionalProperties"] = true },
        "google.protobuf.ListValue" => new JsonObject { ["type"] = "array", ["items"] = new JsonObject() },
        "google.protobuf.Value" => new JsonObject { ["description"] = "Any JSON value." },
        "google.protobuf.Any" => Any(),
        HttpBody => Binary(),
        _ => null,
    };

    /// <summary>The scalar in a wrapper such as google.protobuf.StringValue, or null.</summary>
    public static FieldDescriptor? Wrapped(MessageDescriptor message) =>
        message.File.Name == "google/protobuf/wrappers.proto" ? message.FindFieldByName("value") : null;

    /// <summary>Bytes as they are.</summary>
    public static JsonObject Binary() => Text("format", "binary");

    static JsonObject Text(string key, string value) => new() { ["type"] = "string", [key] = value };

    static JsonObject Any() => new()
    {
        ["type"] = "object",
        ["description"] = "Any message: the name of its type, and its fields beside it.",
        ["properties"] = new JsonObject { ["@type"] = new JsonObject { ["type"] = "string", ["examples"] = new JsonArray("type.googleapis.com/google.rpc.ErrorInfo") } },
        ["required"] = new JsonArray("@type"),
        ["additionalProperties"] = true,
    };
}
