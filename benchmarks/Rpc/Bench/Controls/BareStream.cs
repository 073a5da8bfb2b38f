using System.Globalization;

namespace Bench.Controls;

/// <summary>Control: streams the same bytes over HTTP/2, straight into the response's pipe, without any framing.</summary>
static class BareStream
{
    static readonly byte[] s_bytes = new byte[1024 * 1024];

    public static void Map(WebApplication app) => app.MapPost("/stream/{length}/{count}", async (HttpContext context) =>
    {
        var length = Number(context, "length");
        var count = Number(context, "count");
        var writer = context.Response.BodyWriter;
        for (var sent = 0; sent < count; sent++)
        {
            s_bytes.AsSpan(0, length).CopyTo(writer.GetSpan(length));
            writer.Advance(length);
            await writer.FlushAsync();
        }
    });

    static int Number(HttpContext context, string name) =>
        int.Parse((string)context.Request.RouteValues[name]!, CultureInfo.InvariantCulture);
}
