namespace Grpc.Validation;

/// <summary>
/// Rules over several fields of a request, registered in DI as <c>IRequestValidator&lt;TRequest&gt;</c>. Pure: it looks at the request
/// and nothing else. It also runs on requests whose fields break rules of their own, so that a client learns everything at once.
/// </summary>
public interface IRequestValidator<in TRequest>
    where TRequest : class
{
    void Validate(TRequest request, ViolationSink violations);
}
