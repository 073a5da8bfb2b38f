namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>Members of a JSON object that are there only when they say something.</summary>
static class JsonMembers
{
    /// <summary>Adds a member, unless its value is null or an empty list.</summary>
    public static JsonObject With(this JsonObject target, string name, JsonNode? value)
    {
        if (value is not (null or JsonArray { Count: 0 }))
        {
            target[name] = value;
        }
        return target;
    }

    /// <summary>Adds a member that is true, or none.</summary>
    public static JsonObject With(this JsonObject target, string name, bool flag) => target.With(name, flag ? JsonValue.Create(true) : null);

    /// <summary>A member's text, unless it is empty.</summary>
    public static JsonNode? OrNone(this string? text) => string.IsNullOrEmpty(text) ? null : text;
}
