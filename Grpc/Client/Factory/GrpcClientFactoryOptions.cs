using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory;

/// <summary>How the clients of one registration are made.</summary>
public sealed class GrpcClientFactoryOptions
{
    /// <summary>Required: http or https.</summary>
    public Uri? Address { get; set; }

    public IList<Action<GrpcChannelOptions>> ChannelOptionsActions { get; } = [];

    /// <summary>The first runs outermost.</summary>
    public IList<Func<IServiceProvider, Interceptor>> Interceptors { get; } = [];

    /// <summary>Added to each call that names no credentials of its own.</summary>
    public IList<Func<IServiceProvider, CallCredentials>> CallCredentials { get; } = [];
}
