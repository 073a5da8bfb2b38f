using System.Buffers;

namespace Bench.Controls;

/// <summary>Control: an end point without a gRPC runtime that reads the same request and answers the same bytes over HTTP/2.</summary>
static class BareUnary
{
    // EchoResponse { text: 32 letters, number: 12345 } with its prefix: what the service answers to the request of the load.
    static readonly byte[] s_answer = Answer();

    public static void Map(WebApplication app) => app.MapPost("/bench.v1.Bench/Echo", async context =>
    {
        var input = context.Request.BodyReader;
        while (true)
        {
            var read = await input.ReadAsync();
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }
        var response = context.Response;
        response.ContentType = "application/grpc";
        await response.StartAsync();
        response.BodyWriter.Write(s_answer);
        response.AppendTrailer("grpc-status", "0");
    });

    static byte[] Answer()
    {
        byte[] message = [10, 32, .. Enumerable.Repeat((byte)'x', 32), 16, 185, 96];
        return [0, 0, 0, 0, (byte)message.Length, .. message];
    }
}
