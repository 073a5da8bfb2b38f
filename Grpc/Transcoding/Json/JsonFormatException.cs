namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>A handler returned a message that JSON has no form for, such as a time out of range.</summary>
sealed class JsonFormatException(string message) : Exception(message);
