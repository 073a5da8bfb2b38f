using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;
using Grpc.Net.Client;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Tests.Client;

/// <summary>
/// An HTTP/2 server that answers what a test writes byte by byte. It shares no code with our gRPC server, so that an
/// agreement of the two proves nothing here.
/// </summary>
sealed class RawServer : IAsyncDisposable
{
    readonly WebApplication _application;

    RawServer(WebApplication application) => _application = application;

    public string Address => _application.Urls.Single();

    public static async Task<RawServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var application = builder.Build();
        application.Run(answer);
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new RawServer(application);
    }

    public GrpcChannel Channel(GrpcChannelOptions? options = null) => GrpcChannel.ForAddress(Address, options ?? new GrpcChannelOptions());

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }

    /// <summary>A message with its prefix.</summary>
    public static byte[] Frame(IMessage message, byte flag = 0) => Frame(message.ToByteArray(), flag);

    public static byte[] Frame(byte[] payload, byte flag = 0)
    {
        var frame = new byte[payload.Length + 5];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static InteropResponse Message(int count = 7) => new() { Count = count };
}

static class RawAnswers
{
    public static HttpResponse AsGrpc(this HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        return context.Response;
    }

    public static async Task SendAsync(this HttpResponse response, params byte[][] parts)
    {
        foreach (var part in parts)
        {
            await response.Body.WriteAsync(part);
            await response.Body.FlushAsync();
        }
    }

    public static void EndWith(this HttpResponse response, string status, string? message = null)
    {
        response.AppendTrailer("grpc-status", status);
        if (message is not null)
        {
            response.AppendTrailer("grpc-message", message);
        }
    }

    public static void Reset(this HttpContext context, int code) =>
        context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);

    /// <summary>Returns when the client resets the stream or goes away.</summary>
    public static async Task AbortedAsync(this HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = context.RequestAborted.Register(aborted.SetResult);
        await aborted.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The request messages' payloads, once the client has ended its stream.</summary>
    public static async Task<List<byte[]>> ReadFramesAsync(this HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var rest = body.ToArray().AsMemory();
        var frames = new List<byte[]>();
        while (!rest.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest.Span[1..]);
            frames.Add(rest.Slice(5, length).ToArray());
            rest = rest[(5 + length)..];
        }

        return frames;
    }
}
