using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Wire;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>Failures: always google.rpc.Status, under the HTTP status of its code.</summary>
static partial class Errors
{
    const string StatusName = "google.rpc.Status";
    const string StreamName = "StreamError";

    /// <summary>The HTTP status of each failure by the name of its gRPC code.</summary>
    static readonly FrozenDictionary<string, string> s_http = Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)
        .ToFrozenDictionary(StatusMaps.Name, code => StatusMaps.ToHttpStatus(code).ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// The failures of one operation: a bad request and whatever else may happen to any call, the token's if it takes one, and those that
    /// the comment lists after "Errors:", as <c>NOT_FOUND (NO_SUCH_PEER, NO_SUCH_PATH), UNAVAILABLE</c>.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Of(string? comment, TokenUse tokens)
    {
        SortedDictionary<string, List<string>> named = new(StringComparer.Ordinal) { ["400"] = [] };
        int start = comment?.IndexOf("Errors:", StringComparison.Ordinal) ?? -1;
        foreach (Match match in start < 0 ? [] : Code().Matches(comment![start..]).AsEnumerable())
        {
            if (!s_http.TryGetValue(match.Groups[1].Value, out string? http))
            {
                continue;
            }

            if (!named.TryGetValue(http, out List<string>? texts))
            {
                named[http] = texts = [];
            }

            texts.Add(match.Value);
        }

        if (tokens != TokenUse.None)
        {
            named.TryAdd("401", []);
            named.TryAdd("403", []);
        }

        return named.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value.Count == 0 ? Shared(pair.Key) : Response($"{TextOf(pair.Key)} {string.Join(", ", pair.Value)}.".TrimStart())))
            .Append(KeyValuePair.Create<string, JsonNode?>("default", Shared("default")));
    }

    /// <summary>The responses that operations share.</summary>
    public static JsonObject Responses() => new()
    {
        ["BadRequest"] = Response(TextOf("400")),
        ["Failure"] = Response("The call failed."),
        ["PermissionDenied"] = Response(TextOf("403")),
        ["Unauthenticated"] = Response(TextOf("401")),
    };

    /// <summary>All schemas, those of failures among them.</summary>
    public static JsonObject Components(SchemaBuilder schemas)
    {
        schemas.Message(Google.Rpc.Status.Descriptor);
        JsonObject components = schemas.Components();
        JsonObject status = (JsonObject)components[StatusName]!;
        status["description"] = "A failure. `code` is the gRPC code, `message` is for people, `details` hold typed messages such as google.rpc.ErrorInfo.";
        components[StreamName] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "The last line of a stream that failed after it had begun.",
            ["properties"] = new JsonObject { ["error"] = Reference(StatusName) },
            ["required"] = new JsonArray("error"),
        };
        return components;
    }

    /// <summary>A line of a stream: a message, or the failure that ends it.</summary>
    public static JsonObject OrError(JsonObject message) => new() { ["anyOf"] = new JsonArray(message, Reference(StreamName)) };

    static string TextOf(string http) => http switch
    {
        "400" => "The request cannot be read, or breaks rules; details hold google.rpc.BadRequest with every violation.",
        "401" => "The token is missing, unknown or expired.",
        "403" => "The token does not allow this.",
        _ => "",
    };

    static JsonObject Shared(string http) => new()
    {
        ["$ref"] = "#/components/responses/" + http switch { "400" => "BadRequest", "401" => "Unauthenticated", "403" => "PermissionDenied", _ => "Failure" },
    };

    static JsonObject Response(string description) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Reference(StatusName) } },
    };

    static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    [GeneratedRegex(@"\b([A-Z_]+)\b(?: \([^)]*\))?", RegexOptions.CultureInvariant)]
    private static partial Regex Code();
}
