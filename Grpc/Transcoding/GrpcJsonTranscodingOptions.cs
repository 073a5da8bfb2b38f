namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Settings of JSON transcoding. The defaults are those of the official package; the strict switches are ours.</summary>
public sealed class GrpcJsonTranscodingOptions
{
    /// <summary>
    /// Message types that <c>google.protobuf.Any</c> may hold, beside google.rpc, the well-known types and the types that the mapped
    /// services' own files define. Default empty.
    /// </summary>
    public TypeRegistry TypeRegistry { get; set; } = TypeRegistry.Empty;

    /// <summary>How messages look as JSON.</summary>
    public GrpcJsonSettings JsonSettings { get; set; } = new();

    /// <summary>Answers 400 to a JSON field that the message does not have. Default false: such fields are skipped.</summary>
    public bool RejectUnknownFields { get; set; }

    /// <summary>Answers 400 to a query parameter that names no field, or that nothing reads because the body is the whole message. Default false.</summary>
    public bool RejectUnknownQueryParameters { get; set; }

    /// <summary>How deep objects and arrays of a request may nest. Default 64, at least 1.</summary>
    public int MaxDepth { get; set; } = 64;
}
