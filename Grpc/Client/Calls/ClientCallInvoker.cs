namespace Grpc.Net.Client.Calls;

sealed class ClientCallInvoker(
    GrpcChannel channel, ChannelSettings settings, HttpSender sender, CancellationToken shutdown) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = Start(method, host, options, request);
        return call.Response.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start(method, host, options, request);
        return new AsyncUnaryCall<TResponse>(
            call.Response, CallState<TRequest, TResponse>.Headers, CallState<TRequest, TResponse>.Status,
            CallState<TRequest, TResponse>.Trailers, CallState<TRequest, TResponse>.Dispose, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start(method, host, options, request);
        return new AsyncServerStreamingCall<TResponse>(
            new ResponseStreamReader<TRequest, TResponse>(call), CallState<TRequest, TResponse>.Headers,
            CallState<TRequest, TResponse>.Status, CallState<TRequest, TResponse>.Trailers, CallState<TRequest, TResponse>.Dispose, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = Start(method, host, options, request: null);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            new RequestStreamWriter<TRequest, TResponse>(call), call.Response, CallState<TRequest, TResponse>.Headers,
            CallState<TRequest, TResponse>.Status, CallState<TRequest, TResponse>.Trailers, CallState<TRequest, TResponse>.Dispose, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = Start(method, host, options, request: null);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new RequestStreamWriter<TRequest, TResponse>(call), new ResponseStreamReader<TRequest, TResponse>(call),
            CallState<TRequest, TResponse>.Headers, CallState<TRequest, TResponse>.Status,
            CallState<TRequest, TResponse>.Trailers, CallState<TRequest, TResponse>.Dispose, call);
    }

    ClientCall<TRequest, TResponse> Start<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest? request)
        where TRequest : class
        where TResponse : class
    {
        ObjectDisposedException.ThrowIf(channel.IsDisposed, channel);
        var call = new ClientCall<TRequest, TResponse>(settings, sender, method, host, options);
        call.Start(request, shutdown);
        return call;
    }

    /// <summary>Delegates that the public call types want, made once for each pair of messages.</summary>
    static class CallState<TRequest, TResponse>
        where TRequest : class
        where TResponse : class
    {
        public static readonly Func<object, Task<Metadata>> Headers = static state => Of(state).Headers;
        public static readonly Func<object, Status> Status = static state => Of(state).GetStatus();
        public static readonly Func<object, Metadata> Trailers = static state => Of(state).GetTrailers();
        public static readonly Action<object> Dispose = static state => Of(state).Dispose();

        static ClientCall<TRequest, TResponse> Of(object state) => (ClientCall<TRequest, TResponse>)state;
    }
}
