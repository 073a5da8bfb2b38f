using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Interop;

namespace Grpc.Tests.Server;

/// <summary>The server side of interop.proto.</summary>
public sealed class InteropService : Interop.Interop.InteropBase
{
    /// <summary>Completed when a call of Sleep saw its token cancelled.</summary>
    public TaskCompletionSource SleepCancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed when a call of Sleep has begun.</summary>
    public TaskCompletionSource SleepBegun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task<InteropResponse> Unary(InteropRequest request, ServerCallContext context)
    {
        FailIfAsked(request);
        return Task.FromResult(Answer(request));
    }

    public override async Task<InteropResponse> ClientStream(IAsyncStreamReader<InteropRequest> requestStream, ServerCallContext context)
    {
        var response = new InteropResponse();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            FailIfAsked(request);
            response.Count++;
            response.TotalSize += request.Payload.Length;
        }
        return response;
    }

    public override async Task ServerStream(
        InteropRequest request, IServerStreamWriter<InteropResponse> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < request.Count; i++)
        {
            await responseStream.WriteAsync(Answer(request));
        }
        FailIfAsked(request);
    }

    public override async Task Duplex(
        IAsyncStreamReader<InteropRequest> requestStream, IServerStreamWriter<InteropResponse> responseStream, ServerCallContext context)
    {
        if (Echo(context) is { Count: > 0 } headers)
        {
            await context.WriteResponseHeadersAsync(headers);
        }
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            FailIfAsked(request);
            await responseStream.WriteAsync(Answer(request));
        }
    }

    public override async Task<InteropResponse> Sleep(InteropRequest request, ServerCallContext context)
    {
        await using var _ = context.CancellationToken.Register(SleepCancelled.SetResult);
        SleepBegun.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        return new InteropResponse();
    }

    public override Task<InteropResponse> Fail(InteropRequest request, ServerCallContext context)
    {
        foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("trailer-echo", StringComparison.Ordinal)))
        {
            context.ResponseTrailers.Add(entry);
        }
        FailIfAsked(request);
        throw new InvalidOperationException("no fail_code was given");
    }

    public override async Task<InteropResponse> EchoMetadata(InteropRequest request, ServerCallContext context)
    {
        var response = new InteropResponse();
        foreach (var entry in context.RequestHeaders)
        {
            response.Metadata[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
        }
        await context.WriteResponseHeadersAsync(Echo(context));
        return response;
    }

    /// <summary>What is to be sent back, which is also made the trailers.</summary>
    static Metadata Echo(ServerCallContext context)
    {
        var headers = new Metadata();
        foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("echo-", StringComparison.Ordinal)))
        {
            headers.Add(entry);
            context.ResponseTrailers.Add(entry);
        }
        return headers;
    }

    static InteropResponse Answer(InteropRequest request) => new()
    {
        Payload = request.ResponseSize > 0 ? ByteString.CopyFrom(new byte[request.ResponseSize]) : request.Payload,
        Count = 1,
        TotalSize = request.Payload.Length,
    };

    static void FailIfAsked(InteropRequest request)
    {
        if (request.HasFailCode)
        {
            throw new RpcException(new Status((StatusCode)request.FailCode, request.FailMessage));
        }
    }
}
