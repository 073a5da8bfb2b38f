using Google.Api;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Endpoint metadata: which method the endpoint calls, by which rule. An additional binding is a rule of its own.</summary>
public sealed class GrpcJsonTranscodingMetadata(MethodDescriptor methodDescriptor, HttpRule httpRule)
{
    public MethodDescriptor MethodDescriptor { get; } = methodDescriptor;

    public HttpRule HttpRule { get; } = httpRule;
}
