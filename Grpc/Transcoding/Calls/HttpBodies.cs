using Google.Api;
using Google.Protobuf;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Finds the google.api.HttpBody that a response is or holds.</summary>
static class HttpBodies
{
    public static HttpBody Of(IMessage message, FieldShape? field) =>
        (HttpBody?)(field is null ? message : field.Accessor.GetValue(message)) ?? new HttpBody();
}
