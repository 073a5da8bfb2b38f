using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.Validation;

/// <summary>
/// Refuses requests that break the rules of their .proto or of their <see cref="IRequestValidator{TRequest}"/>, before a handler sees
/// them: INVALID_ARGUMENT with all violations as google.rpc.BadRequest. On streams from the client each message is checked when it is
/// read, and a bad one ends the call at its place.
/// </summary>
public sealed class ValidationInterceptor(IServiceProvider services) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        Check(request, FindValidator<TRequest>(), 0);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        Check(request, FindValidator<TRequest>(), 0);
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        return continuation(new CheckedReader<TRequest>(requestStream, FindValidator<TRequest>()), context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        return continuation(new CheckedReader<TRequest>(requestStream, FindValidator<TRequest>()), responseStream, context);
    }

    IRequestValidator<TRequest>? FindValidator<TRequest>()
        where TRequest : class => (IRequestValidator<TRequest>?)services.GetService(typeof(IRequestValidator<TRequest>));

    static void Check<TRequest>(TRequest request, IRequestValidator<TRequest>? validator, long position)
        where TRequest : class
    {
        IReadOnlyList<BadRequest.Types.FieldViolation> violations;
        if (validator is null)
        {
            violations = request is IMessage message ? FieldRulesValidator.Violations(message) : [];
        }
        else
        {
            ViolationSink sink = new();
            if (request is IMessage message)
            {
                FieldRulesValidator.Check(message, sink);
            }

            validator.Validate(request, sink);
            violations = sink.Take();
        }

        if (violations.Count > 0)
        {
            throw InvalidRequest.ToRpcException(violations, position);
        }
    }

    sealed class CheckedReader<T>(IAsyncStreamReader<T> inner, IRequestValidator<T>? validator) : IAsyncStreamReader<T>
        where T : class
    {
        long _read;

        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await inner.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            Check(inner.Current, validator, ++_read);
            return true;
        }
    }
}
