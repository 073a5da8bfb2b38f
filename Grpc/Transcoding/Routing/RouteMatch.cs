namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>The request feature that tells a handler what the path gave to its template's variables.</summary>
sealed record RouteMatch(string[] Values);
