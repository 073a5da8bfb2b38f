using System.Text.Json;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>What the codec needs to know of a field, worked out once.</summary>
sealed class FieldShape
{
    readonly ShapeCache _cache;
    MessageShape? _message;

    public FieldShape(FieldDescriptor field, int index, ShapeCache cache)
    {
        _cache = cache;
        Field = field;
        Index = index;
        Type = field.FieldType;
        IsMap = field.IsMap;
        IsRepeated = field.IsRepeated;
        HasPresence = field.HasPresence;
        Oneof = field.RealContainingOneof?.Index ?? -1;
        JsonName = JsonEncodedText.Encode(field.JsonName);
        Enum = Type == FieldType.Enum ? cache.For(field.EnumType) : null;
    }

    public FieldDescriptor Field { get; }

    public IFieldAccessor Accessor => Field.Accessor;

    /// <summary>Where the field stands in its message's <see cref="MessageShape.Fields"/>.</summary>
    public int Index { get; }

    public FieldType Type { get; }

    public bool IsMap { get; }

    public bool IsRepeated { get; }

    public bool HasPresence { get; }

    /// <summary>The index of the oneof that the field is a member of; −1 for none.</summary>
    public int Oneof { get; }

    public JsonEncodedText JsonName { get; }

    public EnumShape? Enum { get; }

    /// <summary>The field's message type (of a map: its entry). Looked up late, because types may contain themselves.</summary>
    public MessageShape Message => _message ??= _cache.For(Field.MessageType);

    public FieldShape MapKey => Message.Fields[0];

    public FieldShape MapValue => Message.Fields[1];

    /// <summary>Whether null is a value of the type, not the absence of one.</summary>
    public bool TakesNull => Enum is { IsNull: true } || (Type == FieldType.Message && Message.Kind == MessageKind.Value);
}
