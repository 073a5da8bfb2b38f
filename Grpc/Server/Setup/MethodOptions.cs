using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>The settings that hold for the methods of one service, frozen when it is mapped.</summary>
sealed class MethodOptions(GrpcServiceOptions global, GrpcServiceOptions service, bool suppressCreatingService = false)
{
    readonly ICompressionProvider[] _compressionProviders = [.. service.CompressionProviders];

    public int? MaxSendMessageSize { get; } = service.MaxSendMessageSize;

    public int? MaxReceiveMessageSize { get; } = service.MaxReceiveMessageSize;

    public bool EnableDetailedErrors { get; } = service.EnableDetailedErrors ?? false;

    public bool SuppressCreatingService { get; } = suppressCreatingService || service.SuppressCreatingService;

    public InterceptorRegistration[] Interceptors { get; } = [.. global.Interceptors, .. service.Interceptors];

    public CompressionLevel? ResponseCompressionLevel { get; } = service.ResponseCompressionLevel;

    public BorrowedBytes BorrowedBytes { get; } = service.BorrowedBytes;

    /// <summary>Null when responses are not compressed.</summary>
    public ICompressionProvider? ResponseCompression { get; } = service.ResponseCompressionAlgorithm is null or "identity"
        ? null
        : Find(service.CompressionProviders, service.ResponseCompressionAlgorithm) ?? throw new InvalidOperationException(
            $"{nameof(service.ResponseCompressionAlgorithm)} '{service.ResponseCompressionAlgorithm}' has no provider.");

    /// <summary>How the messages of a call without <c>grpc-encoding</c> are read.</summary>
    public MessageFormat IdentityFormat { get; } = MessageFormat.Identity(service.MaxReceiveMessageSize);

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public string AcceptEncoding { get; } =
        string.Join(',', service.CompressionProviders.Select(provider => provider.EncodingName).Prepend("identity"));

    public ICompressionProvider? FindCompression(string encoding) => Find(_compressionProviders, encoding);

    static ICompressionProvider? Find(IEnumerable<ICompressionProvider> providers, string encoding) =>
        providers.FirstOrDefault(provider => provider.EncodingName == encoding);
}
