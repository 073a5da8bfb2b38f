using System.Collections.Concurrent;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>The shapes of one codec: they depend on its settings.</summary>
sealed class ShapeCache(GrpcJsonSettings settings)
{
    readonly ConcurrentDictionary<MessageDescriptor, MessageShape> _messages = new();
    readonly ConcurrentDictionary<EnumDescriptor, EnumShape> _enums = new();

    public GrpcJsonSettings Settings { get; } = settings;

    public MessageShape For(MessageDescriptor descriptor) =>
        _messages.GetOrAdd(descriptor, static (type, cache) => new MessageShape(type, cache), this);

    public EnumShape For(EnumDescriptor descriptor) =>
        _enums.GetOrAdd(descriptor, static (type, settings) => new EnumShape(type, settings), Settings);
}
