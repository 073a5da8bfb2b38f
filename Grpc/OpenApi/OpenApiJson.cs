using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.AspNetCore.Grpc.Swagger;

static class OpenApiJson
{
    /// <summary>Readable: indented, quotes and other scripts as they are. The document is served as JSON and never pasted into HTML.</summary>
    public static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
