using System.Text.Json.Serialization;

namespace Bench.Controls;

/// <summary>Control: the same call as a JSON end point of minimal APIs, with generated serializers.</summary>
static class MinimalJson
{
    public static void Map(WebApplication app) => app.MapPost("/v1/echo", (Echo request) => new Echo(request.Text, request.Number));
}

sealed record Echo(string Text, int Number);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Echo))]
sealed partial class EchoJson : JsonSerializerContext;
