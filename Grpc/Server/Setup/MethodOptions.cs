using System.IO.Compression;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>The settings that hold for the methods of one service, frozen when it is mapped.</summary>
sealed class MethodOptions
{
    public MethodOptions(GrpcServiceOptions global, GrpcServiceOptions service, bool suppressCreatingService = false)
    {
        MaxSendMessageSize = service.MaxSendMessageSize;
        MaxReceiveMessageSize = service.MaxReceiveMessageSize;
        EnableDetailedErrors = service.EnableDetailedErrors ?? false;
        SuppressCreatingService = suppressCreatingService || service.SuppressCreatingService;
        Interceptors = [.. global.Interceptors, .. service.Interceptors];
        CompressionProviders = [.. service.CompressionProviders];
        BorrowedBytes = service.BorrowedBytes;
        ResponseCompressionLevel = service.ResponseCompressionLevel;
        IdentityFormat = MessageFormat.Identity(MaxReceiveMessageSize);
        AcceptEncoding = string.Join(',', CompressionProviders.Select(provider => provider.EncodingName).Prepend("identity"));
        ResponseCompression = FindResponseCompression(service.ResponseCompressionAlgorithm);
    }

    public int? MaxSendMessageSize { get; }

    public int? MaxReceiveMessageSize { get; }

    public bool EnableDetailedErrors { get; }

    public bool SuppressCreatingService { get; }

    public InterceptorRegistration[] Interceptors { get; }

    public ICompressionProvider[] CompressionProviders { get; }

    public CompressionLevel? ResponseCompressionLevel { get; }

    public BorrowedBytes BorrowedBytes { get; }

    /// <summary>Null when responses are not compressed.</summary>
    public ICompressionProvider? ResponseCompression { get; }

    /// <summary>How the messages of a call without <c>grpc-encoding</c> are read.</summary>
    public MessageFormat IdentityFormat { get; }

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public string AcceptEncoding { get; }

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
