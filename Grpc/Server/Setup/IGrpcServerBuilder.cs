using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Carries the container from <c>AddGrpc</c> to the calls that extend the server.</summary>
public interface IGrpcServerBuilder
{
    IServiceCollection Services { get; }
}
