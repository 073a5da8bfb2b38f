using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>Settings of all services; <see cref="GrpcServiceOptions{TService}"/> starts as a copy and overrides them for one.</summary>
public class GrpcServiceOptions
{
    /// <summary>Largest message in bytes that may be sent; null, the default, for no limit. Beyond it: RESOURCE_EXHAUSTED.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message in bytes, inflated, that is accepted; default 4 MiB, null for no limit. Beyond it: RESOURCE_EXHAUSTED.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Whether the text of an unexpected exception reaches the caller; default false.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Encoding of responses to clients that accept it; null, the default, for none.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>Level of response compression; null, the default, leaves it to the provider.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>Encodings that are understood; default gzip and deflate.</summary>
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [.. DefaultCompression.Providers];

    /// <summary>Messages of request streams whose large <c>bytes</c> field is used where it was received; default none.</summary>
    public BorrowedBytes BorrowedBytes { get; } = new();

    /// <summary>Whether calls of unknown services and methods are left to other end points; default false: they get UNIMPLEMENTED.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>Server interceptors; the first added is the outermost. Those of a service come after the global ones.</summary>
    public InterceptorCollection Interceptors { get; } = [];

    /// <summary>Whether handlers get no service instance (null): for services bound to delegates. Default false.</summary>
    public bool SuppressCreatingService { get; set; }

    internal void CopyFrom(GrpcServiceOptions other)
    {
        MaxSendMessageSize = other.MaxSendMessageSize;
        MaxReceiveMessageSize = other.MaxReceiveMessageSize;
        EnableDetailedErrors = other.EnableDetailedErrors;
        ResponseCompressionAlgorithm = other.ResponseCompressionAlgorithm;
        ResponseCompressionLevel = other.ResponseCompressionLevel;
        CompressionProviders = [.. other.CompressionProviders];
        BorrowedBytes.CopyFrom(other.BorrowedBytes);
        IgnoreUnknownServices = other.IgnoreUnknownServices;
        SuppressCreatingService = other.SuppressCreatingService;
    }
}

/// <summary>Settings of one service.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions where TService : class;
