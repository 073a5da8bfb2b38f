namespace Grpc.AspNetCore.Server;

/// <summary>End-point metadata: the gRPC method behind a route.</summary>
public sealed class GrpcMethodMetadata(Type serviceType, IMethod method)
{
    /// <summary>The class that handles the calls.</summary>
    public Type ServiceType { get; } = serviceType;

    public IMethod Method { get; } = method;
}
