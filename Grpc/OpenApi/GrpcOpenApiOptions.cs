using System.Reflection;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>What the OpenAPI document says beside what the descriptors say.</summary>
public sealed class GrpcOpenApiOptions
{
    public string Title { get; set; } = "gRPC services";

    public string Version { get; set; } = "v1";

    /// <summary>Markdown; null for none.</summary>
    public string? Description { get; set; }

    /// <summary>SPDX identifier, for example <c>Apache-2.0</c>; null for none.</summary>
    public string? License { get; set; }

    /// <summary>Name of whom to turn to, and where; null for none.</summary>
    public (string Name, Uri Url)? Contact { get; set; }

    /// <summary>Base addresses. Default none: paths are relative to where the document was loaded from.</summary>
    public IList<Uri> Servers { get; } = [];

    /// <summary>Comments from .proto files; descriptors of generated code carry none. See <see cref="AddComments(Assembly)"/>.</summary>
    public ProtoComments Comments { get; } = new();

    /// <summary>
    /// Whether a call needs a bearer token, where <c>[Authorize]</c> and <c>[AllowAnonymous]</c> on its handler do not tell (a server that
    /// authenticates in an interceptor). Null, or a null answer: what the attributes say.
    /// </summary>
    public Func<MethodDescriptor, TokenUse?>? Tokens { get; set; }

    /// <summary>What the bearer token is and where it comes from; shown in the "Authorize" dialogue.</summary>
    public string TokenDescription { get; set; } = "A bearer token.";

    /// <summary>Example request bodies by the full name of the method, for example <c>my.v1.Service.Method</c>.</summary>
    public IDictionary<string, JsonNode> Examples { get; } = new Dictionary<string, JsonNode>();

    /// <summary>Which methods appear. Default all that are reached over HTTP.</summary>
    public Func<MethodDescriptor, bool> Include { get; set; } = _ => true;

    /// <summary>
    /// Adds the comments of every descriptor set embedded in the assembly under a name that ends with <c>.binpb</c>
    /// (<c>protoc --include_source_info --descriptor_set_out=…</c>).
    /// </summary>
    public GrpcOpenApiOptions AddComments(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".binpb", StringComparison.Ordinal)))
        {
            using Stream set = assembly.GetManifestResourceStream(name)!;
            Comments.Add(FileDescriptorSet.Parser.ParseFrom(set));
        }

        return this;
    }
}

/// <summary>Whether a call takes a bearer token.</summary>
public enum TokenUse
{
    /// <summary>It takes none.</summary>
    None,

    /// <summary>It answers with and without.</summary>
    Optional,

    /// <summary>Without one it answers 401.</summary>
    Required,
}
