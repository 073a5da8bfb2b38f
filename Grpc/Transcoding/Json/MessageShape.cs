using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>Which JSON mapping a message has.</summary>
enum MessageKind
{
    Plain,
    Any,
    Duration,
    FieldMask,
    ListValue,
    Struct,
    Timestamp,
    Value,
    Wrapper,
}

/// <summary>What the codec needs to know of a message type, worked out once.</summary>
sealed class MessageShape
{
    readonly Func<IMessage> _create;
    readonly Utf8Names<FieldShape> _names;
    readonly Utf8Names<FieldShape>? _lowerNames;

    public MessageShape(MessageDescriptor descriptor, ShapeCache cache)
    {
        Descriptor = descriptor;
        Kind = KindOf(descriptor);
        Fields = [.. descriptor.Fields.InFieldNumberOrder().Select((field, index) => new FieldShape(field, index, cache))];
        _names = new([.. Fields.SelectMany(field => Spellings(field, lower: false))]);
        _lowerNames = cache.Settings.PropertyNameCaseInsensitive ? new([.. Fields.SelectMany(field => Spellings(field, lower: true))]) : null;
        _create = Creator(descriptor.ClrType);
    }

    public MessageDescriptor Descriptor { get; }

    public MessageKind Kind { get; }

    /// <summary>In field number order, which is the order they are written in.</summary>
    public FieldShape[] Fields { get; }

    public int OneofCount => Descriptor.RealOneofCount;

    public IMessage Create() => _create();

    /// <summary>Finds a field by its JSON name or its name in the .proto file.</summary>
    public FieldShape? Find(ReadOnlySpan<byte> name)
    {
        if (_names.TryGet(name, out var field))
        {
            return field;
        }
        if (_lowerNames is null || name.Length > 256)
        {
            return null;
        }
        Span<byte> lower = stackalloc byte[name.Length];
        return Ascii.ToLower(name, lower, out _) == OperationStatus.Done && _lowerNames.TryGet(lower, out field) ? field : null;
    }

    static IEnumerable<(byte[], FieldShape)> Spellings(FieldShape shape, bool lower)
    {
        foreach (var name in new[] { shape.Field.JsonName, shape.Field.Name })
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            if (lower)
            {
                Ascii.ToLowerInPlace(bytes, out _);
            }
            yield return (bytes, shape);
        }
    }

    // The kinds have the names of the types that they are about.
    static MessageKind KindOf(MessageDescriptor descriptor) => descriptor.File.Name == WrappersReflection.Descriptor.Name
        ? MessageKind.Wrapper
        : descriptor.FullName == $"google.protobuf.{descriptor.Name}" && System.Enum.TryParse(descriptor.Name, out MessageKind kind) ? kind : MessageKind.Plain;

    // Map entries have no class; nobody creates one.
    static Func<IMessage> Creator(System.Type? type) => type is null
        ? static () => throw new InvalidOperationException("The message type has no generated class.")
        : typeof(MessageShape).GetMethod(nameof(New), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!
            .MakeGenericMethod(type).CreateDelegate<Func<IMessage>>();

    static IMessage New<T>() where T : IMessage, new() => new T();
}
