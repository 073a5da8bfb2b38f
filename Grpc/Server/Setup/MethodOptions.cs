using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>The settings that hold for the methods of one service, frozen when it is mapped.</summary>
sealed class MethodOptions
{
    MethodOptions(GrpcServiceOptions global, GrpcServiceOptions service)
    {
        MaxSendMessageSize = service.MaxSendMessageSize;
        MaxReceiveMessageSize = service.MaxReceiveMessageSize;
        EnableDetailedErrors = service.EnableDetailedErrors ?? false;
        SuppressCreatingService = service.SuppressCreatingService;
        Interceptors = [.. global.Interceptors, .. service.Interceptors];
        CompressionProviders = [.. service.CompressionProviders];
        ResponseCompressionLevel = service.ResponseCompressionLevel;
        ResponseCompression = FindResponseCompression(service.ResponseCompressionAlgorithm);
    }

    public int? MaxSendMessageSize { get; }

    public int? MaxReceiveMessageSize { get; }

    public bool EnableDetailedErrors { get; }

    public bool SuppressCreatingService { get; }

    public InterceptorRegistration[] Interceptors { get; }

    public ICompressionProvider[] CompressionProviders { get; }

    public System.IO.Compression.CompressionLevel? ResponseCompressionLevel { get; }

    /// <summary>Null when responses are not compressed.</summary>
    public ICompressionProvider? ResponseCompression { get; }

    public static MethodOptions Create(GrpcServiceOptions global, GrpcServiceOptions service) => new(global, service);

    public ICompressionProvider? FindCompression(ReadOnlySpan<char> encoding)
    {
        foreach (var provider in CompressionProviders)
        {
            if (encoding.Equals(provider.EncodingName, StringComparison.Ordinal))
            {
                return provider;
            }
        }
        return null;
    }

    ICompressionProvider? FindResponseCompression(string? algorithm) => algorithm is null or "identity"
        ? null
        : FindCompression(algorithm)
            ?? throw new InvalidOperationException($"{nameof(GrpcServiceOptions.ResponseCompressionAlgorithm)} '{algorithm}' has no provider.");
}
